broken 'The session cookie is for another domain.'
practice_hub cookie-domain hub.corp.test
as
doctor https://hub.corp.test
expect no login/cookie-not-kept qlik-admin certain
