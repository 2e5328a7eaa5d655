broken 'The key usage of the authority between does not allow it to issue certificates.'
issuing 'Corp Issuing' 'keyUsage=critical,digitalSignature'
above=("$company.crt")
hub_with company hub.corp.test
doctor https://hub.corp.test
expect no certificate/misissued qlik-admin certain
