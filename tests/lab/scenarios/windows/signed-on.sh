healthy 'The user who is signed on to Windows logs in: Apache with gss-ntlmssp takes them.'
apache_ntlm hub.corp.test healthy
signed_on
doctor https://hub.corp.test
expect yes
counted 'attempts at Apache' 1 "$(third_messages)"
