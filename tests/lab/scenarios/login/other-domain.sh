broken 'The account belongs to another domain than the server of the hub; its domain controller knows nobody of that name.'
samba_ntlm hub.corp.test healthy
as 'SUBSIDIARY\alice' "$company_password"
doctor https://hub.corp.test
expect no login/rejected you likely
expect_also login/other-domain you possible
counted 'attempts at Samba' 1 "$(attempts_at_front samba)"
