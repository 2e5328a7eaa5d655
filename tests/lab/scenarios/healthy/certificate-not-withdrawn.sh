healthy 'The list of the issuer holds another certificate than that of the hub.'
leaf_lines='crlDistributionPoints=URI:http://pki.corp.test/ca.crl'
withdraws other.corp.test
list
hub hub.corp.test
doctor https://hub.corp.test
expect yes
