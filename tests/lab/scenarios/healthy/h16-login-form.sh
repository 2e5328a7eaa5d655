healthy 'The form of the hub takes the account.'
practice_hub login-form hub.corp.test
as
doctor https://hub.corp.test
expect yes
counted 'attempts' 1 "$(attempts_at hub.corp.test)"
