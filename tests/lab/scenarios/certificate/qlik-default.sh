broken 'The hub shows what Qlik made for itself.'
authority hub.corp.test-CA
hub_with company hub.corp.test
doctor https://hub.corp.test
expect no certificate/qlik-default qlik-admin certain
