broken 'The server ends every handshake with an internal error (alert 80).'
record hub.corp.test A 10.77.2.2
raw 443 10.77.2.2 alert 80
doctor https://hub.corp.test
expect no tls/server-breaks-off qlik-admin likely
