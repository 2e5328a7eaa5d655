broken 'A load balancer (HAProxy) ends the connection after each answer, also in the middle of the Windows login.'
standing_at 3
unnamed=yes
apache_ntlm hub.corp.test healthy
balancer hub.corp.test 10.77.2.3 'option httpclose'
as "$company_account" "$company_password"
doctor https://hub.corp.test
expect no login/ntlm-connection-broken network possible
counted 'attempts at Apache' 0 "$(third_messages)"
