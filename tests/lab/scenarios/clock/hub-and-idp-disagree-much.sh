broken 'The clock of the login host is ten minutes behind: the logins it grants are refused.'
site hub.corp.test 'location = / { return 301 /hub/; } location = /hub/ { return 302 https://login.corp.test/saml?SAMLRequest=fZFNT8MwDIb; }
    location = /qps/user { default_type application/json; return 200 "{\"session\":\"inactive\",\"loginUri\":\"https://login.corp.test/saml?SAMLRequest=fZFNT8MwDIb\"}"; }'
web_with_clock login.corp.test 10.77.3.2 '-10 minutes' 'location / { return 200 "please log in"; }'
doctor https://hub.corp.test
expect no clock/hub-and-idp-disagree qlik-admin likely
