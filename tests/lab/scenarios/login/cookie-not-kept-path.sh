broken 'The session cookie is for another path.'
practice_hub cookie-path hub.corp.test
as
doctor https://hub.corp.test
expect no login/cookie-not-kept qlik-admin certain
