healthy 'The hub sends its visitors to the identity provider of the company (SAML).'
site hub.corp.test "$(login_at 'https://login.idp.test/saml2?SAMLRequest=fZFNT8MwDIb')"
site login.idp.test 'location / { return 200 "please log in"; }' 198.18.1.2
doctor https://hub.corp.test
expect yes
