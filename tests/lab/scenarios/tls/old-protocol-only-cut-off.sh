broken 'The server speaks TLS 1.0 only and resets who greets as of today, as Windows does.'
record hub.corp.test A 10.77.2.2
tls_server hub.corp.test 10.77.2.2 8443 -tls1 -cipher 'ALL:@SECLEVEL=0'
raw 443 10.77.2.2 outdated 8443
doctor https://hub.corp.test
expect no tls/old-protocol-only qlik-admin likely
