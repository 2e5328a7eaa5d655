broken 'A reverse proxy in front of the hub keeps the login to itself: the hub never sees the first message.'
standing_at 3
unnamed=yes
apache_ntlm hub.corp.test healthy
passed_on hub.corp.test https://10.77.2.3 "$well_passed_on" 'proxy_set_header Authorization "";'
as "$company_account" "$company_password"
doctor https://hub.corp.test
expect no login/ntlm-connection-broken network possible
counted 'attempts at Apache' 0 "$(third_messages)"
