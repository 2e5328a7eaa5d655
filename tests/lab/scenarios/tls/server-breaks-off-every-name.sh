broken 'The server refuses every name (alert 112).'
record hub.corp.test A 10.77.2.2
raw 443 10.77.2.2 alert 112
doctor https://hub.corp.test
expect no tls/server-breaks-off qlik-admin likely
