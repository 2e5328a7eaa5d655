healthy 'A certificate with an RSA key was issued by an authority with an elliptic one.'
issuing 'Corp Issuing'
above=("$company.crt")
hub_with rsa-of-company hub.corp.test
doctor https://hub.corp.test
expect yes
