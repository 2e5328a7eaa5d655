broken 'The server of the hub belongs to no domain; it names itself.'
apache_ntlm hub.corp.test healthy SENSE
as 'SUBSIDIARY\alice' "$company_password"
doctor https://hub.corp.test
expect no login/hub-server-not-in-domain qlik-admin likely
counted 'attempts at Apache' 1 "$(third_messages)"
