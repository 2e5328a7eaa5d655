broken 'The server refuses every version (alert 70), the old ones too.'
record hub.corp.test A 10.77.2.2
raw 443 10.77.2.2 alert 70
doctor https://hub.corp.test
expect no tls/server-breaks-off qlik-admin likely
