healthy 'The session cookie has a name of the company, and is for the whole domain.'
practice_hub login-cookie-renamed hub.practice.test
as
doctor https://hub.practice.test
expect yes
