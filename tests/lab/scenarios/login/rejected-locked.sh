broken 'The account is locked; the domain controller knows, and NTLM does not tell.'
samba_ntlm hub.corp.test healthy
lock lars
as 'CORP\lars' "$company_password"
doctor https://hub.corp.test
expect no login/rejected you likely
counted 'attempts at Samba' 1 "$(attempts_at_front samba)"
