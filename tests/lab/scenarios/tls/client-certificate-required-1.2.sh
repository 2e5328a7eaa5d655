broken 'The server wants a client certificate (TLS 1.2).'
record hub.corp.test A 10.77.2.2
tls_server hub.corp.test 10.77.2.2 443 -tls1_2 -Verify 1
doctor https://hub.corp.test
expect no tls/client-certificate-required qlik-admin certain
