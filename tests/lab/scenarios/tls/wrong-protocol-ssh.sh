broken 'Port 443 is an SSH server.'
record hub.corp.test A 10.77.2.2
raw 443 10.77.2.2 ssh
doctor https://hub.corp.test
expect no tls/wrong-protocol qlik-admin certain
