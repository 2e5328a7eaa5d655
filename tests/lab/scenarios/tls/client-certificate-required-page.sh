broken 'The server wants a client certificate and says so with a page.'
site hub.corp.test "ssl_verify_client on; ssl_client_certificate $pki/ca.crt; location / { return 404; }"
doctor https://hub.corp.test
expect no tls/client-certificate-required qlik-admin certain
