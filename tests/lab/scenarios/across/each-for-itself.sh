broken 'Two unrelated hubs speak outdated encryption only: the fault is at each of them.'
record qlik1.corp.test A 10.77.2.2
tls_server qlik1.corp.test 10.77.2.2 443 -tls1_1 -cipher 'ALL:@SECLEVEL=0'
record acme.example.com A 198.18.1.2
tls_server acme.example.com 198.18.1.2 443 -tls1_1 -cipher 'ALL:@SECLEVEL=0'
doctor https://qlik1.corp.test https://acme.example.com
expect no tls/old-protocol-only qlik-admin certain
expect_hub 2 no tls/old-protocol-only qlik-admin certain
