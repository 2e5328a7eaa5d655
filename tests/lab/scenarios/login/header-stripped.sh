broken 'A reverse proxy in front of the hub removes a header that the hub needs.'
practice_hub login-form hub.corp.test 10.77.2.20 443 unnamed
passed_on hub.corp.test https://10.77.2.20 "$well_passed_on" 'proxy_set_header X-Qlik-Xrfkey "";'
as
doctor https://hub.corp.test
expect no login/header-stripped qlik-admin likely
