broken 'A reverse proxy (nginx) opens a new connection for each request, so that the hub has forgotten the first message when the third comes. Its answer is that to a wrong password, so it is no certain finding.'
standing_at 3
unnamed=yes
apache_ntlm hub.corp.test healthy
passed_on hub.corp.test https://10.77.2.3 "$well_passed_on"
as "$company_account" "$company_password"
doctor https://hub.corp.test
expect no login/rejected you likely
