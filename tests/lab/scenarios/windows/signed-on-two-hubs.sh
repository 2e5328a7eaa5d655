broken 'Two hubs would reject the signed-on user; the second is not asked any more.'
standing_at 2
samba_ntlm one.corp.test healthy
standing_at 3
apache_ntlm two.corp.test healthy
signed_on "$company_account" wrong
doctor https://one.corp.test https://two.corp.test
expect_one login/rejected you likely
counted 'attempts in all' 1 "$(($(attempts_at_front samba) + $(third_messages)))"
counted 'badPwdCount of alice' "$(attempts_at_front samba)" "$(bad_passwords alice)"
