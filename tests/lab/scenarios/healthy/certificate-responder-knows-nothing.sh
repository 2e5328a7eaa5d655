healthy 'The responder of the issuer answers that it does not know the certificate.'
leaf_lines='authorityInfoAccess=OCSP;URI:http://ocsp.corp.test/'
withdraws other.corp.test
responder
hub hub.corp.test
doctor https://hub.corp.test
expect yes
