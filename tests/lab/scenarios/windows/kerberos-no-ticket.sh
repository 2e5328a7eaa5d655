healthy 'The same, and nobody is signed on to the domain: Windows has NTLM only, which is not taken.'
apache_kerberos hub.corp.test healthy
signed_on
doctor https://hub.corp.test
expect unknown
counted 'attempts at Apache' 0 "$(third_messages)"
