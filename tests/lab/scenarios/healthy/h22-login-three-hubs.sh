healthy 'Three hubs, each with a Windows login of another maker, take the same account, one after the other.'
standing_at 2
samba_ntlm one.corp.test healthy
standing_at 3
apache_ntlm two.corp.test healthy
as 'CORP\alice' "$company_password"
doctor https://one.corp.test https://two.corp.test
expect yes
expect_hub 2 yes
counted 'attempts' '1 and 1' "$(attempts_at_front samba) and $(third_messages)"
