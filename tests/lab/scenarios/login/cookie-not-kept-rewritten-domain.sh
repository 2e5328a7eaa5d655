broken 'A reverse proxy in front of the hub names the wrong domain in its cookies.'
practice_hub login-cookie-renamed hub.practice.test 10.77.2.20 443 unnamed
nginx_http='upstream hub { server 10.77.2.20:443; keepalive 1; }'
passed_on hub.practice.test https://hub "$well_passed_on" 'proxy_cookie_domain .practice.test inside.test;'
as
doctor https://hub.practice.test
expect no login/cookie-not-kept qlik-admin certain
