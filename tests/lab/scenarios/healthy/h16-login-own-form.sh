healthy 'The form of the hub was made by somebody else: other names, hidden fields.'
practice_hub login-own-form hub.corp.test
as
doctor https://hub.corp.test
expect yes
counted 'attempts' 1 "$(attempts_at hub.corp.test)"
