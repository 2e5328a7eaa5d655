healthy 'The name of the session cookie ends in -HTTPS.'
practice_hub login-cookie-https hub.corp.test
as
doctor https://hub.corp.test
expect yes
