healthy 'The hub asks for a password in a form; the signed-on user has none to give, which is said.'
practice_hub forms hub.corp.test
signed_on
doctor https://hub.corp.test
expect unknown
counted 'attempts at the hub' 0 "$(attempts_at hub.corp.test)"
