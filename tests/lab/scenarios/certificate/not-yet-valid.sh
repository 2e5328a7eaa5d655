broken 'The certificate begins in nine days.'
hub_with early hub.corp.test
doctor https://hub.corp.test
expect no certificate/not-yet-valid qlik-admin certain
