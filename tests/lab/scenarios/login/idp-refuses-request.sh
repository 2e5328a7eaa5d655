broken 'The identity provider does not know the application under the name that the hub gives.'
identity_provider oidc login.idp.test 198.18.1.2
apache_oidc hub.corp.test healthy sense
doctor https://hub.corp.test
expect no login/idp-refuses-request idp-admin likely
