broken 'The responder of the issuer says the certificate was withdrawn.'
leaf_lines='authorityInfoAccess=OCSP;URI:http://ocsp.corp.test/'
withdraws hub.corp.test
responder
hub hub.corp.test
doctor https://hub.corp.test
expect no certificate/revoked qlik-admin certain
