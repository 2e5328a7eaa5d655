healthy 'Where the list of the issuer should be lies a page.'
leaf_lines='crlDistributionPoints=URI:http://pki.corp.test/ca.crl'
record pki.corp.test A 10.77.2.9
http pki.corp.test 10.77.2.9 80 'default_type text/html; return 200 "<html>moved</html>";'
hub hub.corp.test
doctor https://hub.corp.test
expect yes
