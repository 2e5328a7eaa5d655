broken 'The hub moved to another domain: port 80 says so for good, and the certificate is for the new name alone.'
hub_with good qlik.oldcorp.test qlik.newcorp.test
record qlik.newcorp.test A 10.77.3.2
http qlik.oldcorp.test 10.77.2.2 80 'return 301 https://qlik.newcorp.test$request_uri;'
doctor https://qlik.oldcorp.test
expect no certificate/wrong-name qlik-admin certain
