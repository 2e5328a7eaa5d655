broken 'The password is wrong; Apache with gss-ntlmssp says so.'
apache_ntlm hub.corp.test healthy
as "$company_account" wrong
doctor https://hub.corp.test
expect no login/rejected you likely
counted 'attempts at Apache' 1 "$(third_messages)"
