broken 'The certificate ran out.'
hub_with expired hub.corp.test
doctor https://hub.corp.test
expect no certificate/expired qlik-admin certain
