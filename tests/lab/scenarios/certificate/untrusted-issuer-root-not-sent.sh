broken 'An authority under a root that nobody here knows issued the certificate; the root is not sent.'
issuing_by=$pki/other issuing 'Corp Issuing'
above=("$company.crt")
hub_with company hub.corp.test
doctor https://hub.corp.test
expect no certificate/untrusted-issuer network likely
