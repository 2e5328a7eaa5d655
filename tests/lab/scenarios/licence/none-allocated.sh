broken 'The login is good (Apache with gss-ntlmssp), and the user has no licence.'
apache_ntlm hub.corp.test no-licence
as "$company_account" "$company_password"
doctor https://hub.corp.test
expect no licence/none-allocated qlik-admin certain
counted 'attempts at Apache' 1 "$(third_messages)"
