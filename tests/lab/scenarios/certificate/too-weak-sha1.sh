broken 'The certificate is signed with SHA-1.'
hub_locations+=' ssl_ciphers DEFAULT@SECLEVEL=0;'
hub_with sha1 hub.corp.test
doctor https://hub.corp.test
expect no certificate/too-weak qlik-admin certain
