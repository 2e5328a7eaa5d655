broken 'The name stands only in the common name.'
hub_with cn hub.corp.test
doctor https://hub.corp.test
expect no certificate/wrong-name qlik-admin certain
