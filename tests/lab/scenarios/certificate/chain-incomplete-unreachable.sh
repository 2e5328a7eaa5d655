broken 'The server forgets the authority between, and the address of it is closed.'
issuing 'Corp Issuing'
serves_issuer
leaf_lines='authorityInfoAccess=caIssuers;URI:http://pki.corp.test/issuing.crt'
hub_with company hub.corp.test
firewall 'ip daddr 10.77.2.9 drop'
doctor https://hub.corp.test
expect no certificate/chain-incomplete qlik-admin likely
