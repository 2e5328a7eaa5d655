healthy 'A load balancer (HAProxy) with a cookie of its own keeps visitors on one server; the login passes it.'
standing_at 3
unnamed=yes
apache_ntlm hub.corp.test healthy
balancer hub.corp.test 10.77.2.3 'cookie SERVER insert indirect nocache'
as "$company_account" "$company_password"
doctor https://hub.corp.test
expect yes
counted 'attempts at Apache' 1 "$(third_messages)"
