broken 'The server forgets the authority between, and no certificate says where it lies.'
issuing 'Corp Issuing'
hub_with company hub.corp.test
doctor https://hub.corp.test
expect no certificate/chain-incomplete qlik-admin likely
