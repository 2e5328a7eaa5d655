broken 'The identity provider of the company (SAML) does not know the hub under the name it gives.'
identity_provider saml login.idp.test 198.18.1.2
apache_saml hub.corp.test healthy https://old.corp.test
doctor https://hub.corp.test
expect no login/idp-refuses-request idp-admin likely
