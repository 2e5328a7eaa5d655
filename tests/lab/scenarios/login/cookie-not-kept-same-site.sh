broken 'The session cookie wants to be sent everywhere, unencrypted.'
practice_hub cookie-same-site hub.corp.test
as
doctor https://hub.corp.test
expect no login/cookie-not-kept qlik-admin certain
