broken 'The list of the root holds the authority between.'
issuing 'Corp Issuing' 'crlDistributionPoints=URI:http://pki.corp.test/ca.crl'
above=("$company.crt")
withdraws_issuer
list
hub_with company hub.corp.test
doctor https://hub.corp.test
expect no certificate/revoked qlik-admin certain
