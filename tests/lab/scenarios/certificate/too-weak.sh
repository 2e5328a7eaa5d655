broken 'The key is an RSA key of 1024 bits.'
hub_locations+=' ssl_ciphers DEFAULT@SECLEVEL=0;'
hub_with weak hub.corp.test
doctor https://hub.corp.test
expect no certificate/too-weak qlik-admin certain
