healthy 'A Windows login to its end: gss-ntlmssp in Apache takes it.'
apache_ntlm hub.corp.test healthy
as "$company_account" "$company_password"
doctor https://hub.corp.test
expect yes
counted 'attempts' 1 "$(third_messages)"
