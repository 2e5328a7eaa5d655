broken 'A reverse proxy in front of the hub changes the path of its cookies.'
practice_hub login-form hub.corp.test 10.77.2.20 443 unnamed
passed_on hub.corp.test https://10.77.2.20 "$well_passed_on" 'proxy_cookie_path / /qlik;'
as
doctor https://hub.corp.test
expect no login/cookie-not-kept qlik-admin certain
