broken 'The form of the hub says that the account is locked.'
practice_hub locked hub.corp.test
as
doctor https://hub.corp.test
expect no login/rejected you certain
expect_also login/account-blocked idp-admin possible
