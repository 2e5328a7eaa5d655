healthy 'The hub takes tickets of Kerberos alone (MIT), and Windows gets one for the signed-on user.'
apache_kerberos hub.corp.test healthy
with_ticket
doctor https://hub.corp.test
expect yes
counted 'tickets at Apache' 1 "$(third_messages)"
