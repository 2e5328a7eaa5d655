broken 'The link names the hub by its address, the certificate by its name.'
hub hub.corp.test
doctor https://10.77.2.2
expect no certificate/link-uses-other-name qlik-admin certain
