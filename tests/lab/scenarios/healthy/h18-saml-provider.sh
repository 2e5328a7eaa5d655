healthy 'The hub sends its visitors to the identity provider of the company (samlp, mod_auth_mellon), which shows its login page.'
identity_provider saml login.idp.test 198.18.1.2
apache_saml hub.corp.test healthy https://hub.corp.test
doctor https://hub.corp.test
expect yes
