broken 'The password by which the user signed on is not that of the directory any more.'
samba_ntlm hub.corp.test healthy
signed_on "$company_account" changed-since
doctor https://hub.corp.test
expect no login/rejected you likely
counted 'attempts at Samba' 1 "$(attempts_at_front samba)"
counted 'badPwdCount of alice' 1 "$(bad_passwords alice)"
