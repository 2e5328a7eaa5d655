broken 'The form of the hub says that the account is disabled.'
practice_hub disabled hub.corp.test
as
doctor https://hub.corp.test
expect no login/account-blocked idp-admin likely
