healthy 'Port 80 sends its visitors to https on the same host (307).'
hub hub.corp.test
http hub.corp.test 10.77.2.2 80 'return 307 https://hub.corp.test$request_uri;'
doctor http://hub.corp.test
expect yes
