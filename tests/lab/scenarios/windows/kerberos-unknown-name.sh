healthy 'The directory does not know the name of the hub. Wine does not tell why there is no ticket, Windows does.'
apache_kerberos sense.corp.test healthy
with_ticket
doctor https://sense.corp.test
expect unknown
counted 'attempts at Apache' 0 "$(third_messages)"
