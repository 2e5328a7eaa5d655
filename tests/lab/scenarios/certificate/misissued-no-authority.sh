broken 'A certificate that is no authority issued another.'
basic=basicConstraints=critical,CA:FALSE issuing 'Corp Server'
hub_with company-chain hub.corp.test
doctor https://hub.corp.test
expect no certificate/misissued qlik-admin certain
