broken 'The certificate belongs to another server.'
hub_with good hub.corp.test other.corp.test
doctor https://hub.corp.test
expect no certificate/wrong-name qlik-admin certain
