broken 'The server forgets the authority between, which can be fetched.'
issuing 'Corp Issuing'
serves_issuer
leaf_lines='authorityInfoAccess=caIssuers;URI:http://pki.corp.test/issuing.crt'
hub_with company hub.corp.test
doctor https://hub.corp.test
expect yes degrades certificate/chain-incomplete
