broken 'The password is wrong; pyspnego says so, which wants the login bound to its connection.'
pyspnego_ntlm hub.corp.test healthy
as "$company_account" wrong
doctor https://hub.corp.test
expect no login/rejected you likely
counted 'attempts at pyspnego' 1 "$(attempts_at_front pyspnego)"
