broken 'A firewall drops the way to the list of the issuer.'
leaf_lines='crlDistributionPoints=URI:http://pki.corp.test/ca.crl'
withdraws other.corp.test
list
hub hub.corp.test
firewall 'ip daddr 10.77.2.9 tcp dport 80 drop'
doctor https://hub.corp.test
expect yes degrades certificate/revocation-unreachable
