broken 'The account is expired; the domain controller knows, and NTLM does not tell.'
samba_ntlm hub.corp.test healthy
as 'CORP\erik' "$company_password"
doctor https://hub.corp.test
expect no login/rejected you likely
counted 'attempts at Samba' 1 "$(attempts_at_front samba)"
