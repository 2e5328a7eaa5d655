broken 'The certificate has a critical extension that nobody knows.'
leaf_lines='1.2.3.4.5.6=critical,ASN1:NULL'
hub hub.corp.test
doctor https://hub.corp.test
expect no certificate/misissued qlik-admin certain
