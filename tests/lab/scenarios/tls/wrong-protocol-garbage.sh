broken 'Port 443 answers with bytes of no known protocol.'
record hub.corp.test A 10.77.2.2
raw 443 10.77.2.2 garbage
doctor https://hub.corp.test
expect no tls/wrong-protocol qlik-admin certain
