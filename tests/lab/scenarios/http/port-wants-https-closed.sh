broken 'The link says http, and the server closes what is not TLS without a word.'
record hub.corp.test A 10.77.2.2
tls_server hub.corp.test 10.77.2.2 80
doctor http://hub.corp.test
expect no http/port-wants-https qlik-admin likely
