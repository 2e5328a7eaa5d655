broken 'The key usage of the certificate allows signing lists and nothing else.'
leaf_lines='keyUsage=critical,cRLSign'
hub hub.corp.test
doctor https://hub.corp.test
expect no certificate/misissued qlik-admin likely
