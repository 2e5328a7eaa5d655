broken 'A load balancer (HAProxy) wants a client certificate.'
haproxy_hub hub.corp.test "ca-file $pki/ca.crt verify required"
doctor https://hub.corp.test
expect no tls/client-certificate-required qlik-admin certain
