broken 'The authority above allows none below it, and there is one.'
basic=basicConstraints=critical,CA:TRUE,pathlen:0 issuing 'Corp Policy'
cp "$company.crt" "$here/policy.crt"
cp "$company.key" "$here/policy.key"
issuing_by=$here/policy issuing 'Corp Issuing'
above=("$company.crt" "$here/policy.crt")
hub_with company hub.corp.test
doctor https://hub.corp.test
expect no certificate/misissued qlik-admin certain
