broken 'The hub sends its visitors to plain http, and port 80 is dropped.'
site hub.corp.test 'return 302 http://hub.corp.test/hub/;'
http hub.corp.test 10.77.2.2 80 "${hub_locations//https:/http:}"
firewall 'tcp dport 80 drop'
doctor https://hub.corp.test
expect no http/redirect-to-dead-address qlik-admin certain
