broken 'The authority between ran out.'
issuing_days=-1 issuing 'Corp Issuing'
hub_with company-chain hub.corp.test
doctor https://hub.corp.test
expect no certificate/expired qlik-admin certain
