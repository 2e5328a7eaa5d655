healthy 'Nobody asked for a login, so nobody logs in, whoever is signed on.'
apache_ntlm hub.corp.test healthy
signed_on
login=()
doctor https://hub.corp.test
expect yes
counted 'attempts at Apache' 0 "$(third_messages)"
