healthy 'A Windows login to its end: pyspnego, which wants it bound to its connection takes it.'
pyspnego_ntlm hub.corp.test healthy
as "$company_account" "$company_password"
doctor https://hub.corp.test
expect yes
counted 'attempts' 1 "$(attempts_at_front pyspnego)"
