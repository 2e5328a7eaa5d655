healthy 'A certificate with an elliptic key was issued by an authority with an RSA one.'
issuing_rsa 'Corp Issuing'
above=("$company.crt")
hub_with company hub.corp.test
doctor https://hub.corp.test
expect yes
