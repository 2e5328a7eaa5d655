healthy 'The hub sends its visitors to an identity provider (OpenID Connect).'
site hub.corp.test "$(login_at 'https://login.idp.test/authorize?response_type=code&client_id=qlik&scope=openid&redirect_uri=https%3A%2F%2Fhub.corp.test%2Foidc&state=x')"
site login.idp.test 'location / { return 200 "please log in"; }' 198.18.1.2
doctor https://hub.corp.test
expect yes
