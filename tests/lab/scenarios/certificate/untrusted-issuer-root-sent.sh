broken 'An authority under a root that nobody here knows issued the certificate; all are sent.'
issuing_by=$pki/other issuing 'Corp Issuing'
above=("$company.crt" "$pki/other.crt")
hub_with company hub.corp.test
doctor https://hub.corp.test
expect no certificate/untrusted-issuer network certain
