broken 'The responder of the root says that the authority between was withdrawn.'
issuing 'Corp Issuing' 'authorityInfoAccess=OCSP;URI:http://ocsp.corp.test/'
above=("$company.crt")
withdraws_issuer
responder
hub_with company hub.corp.test
doctor https://hub.corp.test
expect no certificate/revoked qlik-admin certain
