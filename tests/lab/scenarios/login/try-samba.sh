healthy 'try'
samba_ntlm hub.corp.test healthy
as "$company_account" "$company_password"
doctor https://hub.corp.test
expect yes
