broken 'The hub sends its visitors to an identity provider, and its certificate is of an authority that nobody knows.'
identity_kind=unknown
identity_provider oidc login.idp.test 198.18.1.2
apache_oidc hub.corp.test healthy qlik
doctor https://hub.corp.test
expect no hub/identity-provider-unreachable network likely
