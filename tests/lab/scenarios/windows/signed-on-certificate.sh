broken 'The hub has another name in its certificate: nothing of the signed-on user goes there.'
apache_ntlm other.corp.test healthy
record hub.corp.test A "$front_at"
signed_on
doctor https://hub.corp.test
expect no certificate/link-uses-other-name qlik-admin certain
counted 'attempts at Apache' 0 "$(third_messages)"
