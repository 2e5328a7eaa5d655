broken 'The server refuses every method (alert 40), old ones too, as one that cannot use its own certificate.'
record hub.corp.test A 10.77.2.2
raw 443 10.77.2.2 alert 40
doctor https://hub.corp.test
expect no tls/server-breaks-off qlik-admin likely
