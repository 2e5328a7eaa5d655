broken 'The account is to be given a new password; the domain controller knows, and NTLM does not tell.'
samba_ntlm hub.corp.test healthy
as 'CORP\mia' "$company_password"
doctor https://hub.corp.test
expect no login/rejected you likely
counted 'attempts at Samba' 1 "$(attempts_at_front samba)"
