broken 'The clock of the login host is four minutes behind the clock of the hub, which agrees with this computer.'
site hub.corp.test 'location = / { return 301 /hub/; } location = /hub/ { return 302 https://login.corp.test/saml?SAMLRequest=fZFNT8MwDIb; }
    location = /qps/user { default_type application/json; return 200 "{\"session\":\"inactive\",\"loginUri\":\"https://login.corp.test/saml?SAMLRequest=fZFNT8MwDIb\"}"; }'
web_with_clock login.corp.test 10.77.3.2 '-4 minutes' 'location / { return 200 "please log in"; }'
doctor https://hub.corp.test
expect yes degrades clock/hub-and-idp-disagree
