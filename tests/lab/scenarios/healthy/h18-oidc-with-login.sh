healthy 'The same with an account: the login wants a person, which is said and is no fault.'
identity_provider oidc login.idp.test 198.18.1.2
apache_oidc hub.corp.test healthy qlik
as "$company_account" "$company_password"
doctor https://hub.corp.test
expect unknown
