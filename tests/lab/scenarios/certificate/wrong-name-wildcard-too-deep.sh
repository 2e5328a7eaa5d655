broken 'The wildcard of the certificate reaches one label, and the hub is two below.'
hub_with good hub.site.corp.test '*.corp.test'
doctor https://hub.site.corp.test
expect no certificate/wrong-name qlik-admin certain
