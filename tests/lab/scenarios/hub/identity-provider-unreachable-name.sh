broken 'The hub sends its visitors to an identity provider whose name does not exist.'
apache_oidc hub.corp.test healthy qlik
doctor https://hub.corp.test
expect no hub/identity-provider-unreachable network certain
