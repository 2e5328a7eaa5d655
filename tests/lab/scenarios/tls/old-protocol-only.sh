broken 'The server speaks TLS 1.0 only.'
record hub.corp.test A 10.77.2.2
tls_server hub.corp.test 10.77.2.2 443 -tls1 -cipher 'ALL:@SECLEVEL=0'
doctor https://hub.corp.test
expect no tls/old-protocol-only qlik-admin certain
