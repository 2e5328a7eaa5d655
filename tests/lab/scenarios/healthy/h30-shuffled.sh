healthy 'The server sends a complete chain in odd order, with a certificate that has nothing to do with it.'
issuing 'Corp Issuing'
above=("$pki/other.crt" "$pki/ca.crt" "$company.crt")
hub_with company hub.corp.test
doctor https://hub.corp.test
expect yes
