broken 'Port 443 answers with a record longer than TLS has.'
record hub.corp.test A 10.77.2.2
raw 443 10.77.2.2 long
doctor https://hub.corp.test
expect no tls/wrong-protocol qlik-admin certain
