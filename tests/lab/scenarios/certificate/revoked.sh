broken 'The list of the issuer holds the certificate.'
leaf_lines='crlDistributionPoints=URI:http://pki.corp.test/ca.crl'
withdraws hub.corp.test
list
hub hub.corp.test
doctor https://hub.corp.test
expect no certificate/revoked qlik-admin certain
