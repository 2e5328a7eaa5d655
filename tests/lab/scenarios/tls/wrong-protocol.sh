broken 'Port 443 speaks plain http.'
record hub.corp.test A 10.77.2.2
http hub.corp.test 10.77.2.2 443 'return 404;'
doctor https://hub.corp.test
expect no tls/wrong-protocol qlik-admin certain
