broken 'The password is wrong; the domain controller of the company says so.'
samba_ntlm hub.corp.test healthy
as "$company_account" wrong
doctor https://hub.corp.test
expect no login/rejected you likely
counted 'attempts at Samba' 1 "$(attempts_at_front samba)"
counted 'badPwdCount of alice' 1 "$(bad_passwords alice)"
