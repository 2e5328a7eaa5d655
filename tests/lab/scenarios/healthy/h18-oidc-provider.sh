healthy 'The hub sends its visitors to an identity provider (oidc-provider, mod_auth_openidc), which shows its login page.'
identity_provider oidc login.idp.test 198.18.1.2
apache_oidc hub.corp.test healthy qlik
doctor https://hub.corp.test
expect yes
