healthy 'Port 80 sends its visitors to https on the same host (308).'
hub hub.corp.test
http hub.corp.test 10.77.2.2 80 'return 308 https://hub.corp.test$request_uri;'
doctor http://hub.corp.test
expect yes
