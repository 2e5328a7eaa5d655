broken 'The service sends half of its greeting and falls silent.'
record hub.corp.test A 10.77.2.2
raw 443 10.77.2.2 half
doctor https://hub.corp.test
expect no tls/server-silent qlik-admin likely
