broken 'The form of the hub does not take the password.'
practice_hub form-rejected hub.corp.test
as
doctor https://hub.corp.test
expect no login/rejected you certain
counted 'attempts at the hub' 1 "$(attempts_at hub.corp.test)"
