broken 'The login is good, and Qlik has switched the user off.'
practice_hub inactive hub.corp.test
as
doctor https://hub.corp.test
expect no login/user-inactive qlik-admin certain
