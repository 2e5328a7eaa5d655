healthy 'A reverse proxy (nginx) in front of the hub that keeps connections and passes WebSockets on.'
standing_at 3
unnamed=yes
apache_ntlm hub.corp.test healthy
nginx_http='upstream hub { server 10.77.2.3:443; keepalive 1; }'
passed_on hub.corp.test https://hub "$well_passed_on"
as "$company_account" "$company_password"
doctor https://hub.corp.test
expect yes
counted 'attempts at Apache' 1 "$(third_messages)"
