broken 'The service accepts the connection and never says anything.'
record hub.corp.test A 10.77.2.2
raw 443 10.77.2.2 silent
doctor https://hub.corp.test
expect no tls/server-silent qlik-admin likely
