broken 'The link names the hub by an alias that its certificate does not hold.'
record qlik.corp.test A 10.77.2.2
hub_with good hub.corp.test qlik.corp.test
doctor https://hub.corp.test
expect no certificate/link-uses-other-name qlik-admin certain
