healthy 'A Windows login to its end: a domain controller takes it.'
samba_ntlm hub.corp.test healthy
as "$company_account" "$company_password"
doctor https://hub.corp.test
expect yes
counted 'attempts' 1 "$(attempts_at_front samba)"
