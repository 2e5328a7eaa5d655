broken 'The form of the hub says that the password has expired.'
practice_hub password-expired hub.corp.test
as
doctor https://hub.corp.test
expect no login/rejected you certain
expect_also login/password-expired you possible
