broken 'The authority may speak for other names alone.'
issuing 'Corp Issuing' 'nameConstraints=critical,permitted;DNS:other.test'
hub_with company-chain hub.corp.test
doctor https://hub.corp.test
expect no certificate/misissued qlik-admin certain
