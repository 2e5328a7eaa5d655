broken 'The authority between has an RSA key of 1024 bits.'
issuing_key=(openssl genrsa 1024)
issuing 'Corp Issuing'
above=("$company.crt")
hub_locations+=' ssl_ciphers DEFAULT@SECLEVEL=0;'
hub_with company hub.corp.test
doctor https://hub.corp.test
expect no certificate/too-weak qlik-admin certain
