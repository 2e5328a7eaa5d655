broken 'The password is wrong at three hubs; the first one asked says so, and the others are not asked.'
standing_at 2
samba_ntlm one.corp.test healthy
standing_at 3
pyspnego_ntlm two.corp.test healthy
standing_at 4
apache_ntlm three.corp.test healthy
as 'CORP\alice' wrong
doctor https://one.corp.test https://two.corp.test https://three.corp.test
counted 'attempts in all' 1 "$(($(attempts_at_front samba) + $(attempts_at_front pyspnego) + $(third_messages)))"
counted 'badPwdCount of alice' "$(attempts_at_front samba)" "$(bad_passwords alice)"
expect_one login/rejected you likely
