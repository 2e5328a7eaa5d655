healthy 'A login behind a prefix.'
practice_hub login-prefix hub.corp.test
as
doctor https://hub.corp.test/finance
expect yes
