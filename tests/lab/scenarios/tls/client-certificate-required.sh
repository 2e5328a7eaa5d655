broken 'The server wants a client certificate (TLS 1.3: told only with the first answer).'
record hub.corp.test A 10.77.2.2
tls_server hub.corp.test 10.77.2.2 443 -tls1_3 -Verify 1
doctor https://hub.corp.test
expect no tls/client-certificate-required qlik-admin certain
