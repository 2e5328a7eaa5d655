broken 'The certificate is for clients alone.'
hub_with client hub.corp.test
doctor https://hub.corp.test
expect no certificate/misissued qlik-admin certain
