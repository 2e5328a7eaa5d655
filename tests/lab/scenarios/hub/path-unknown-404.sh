broken 'A web server in front passes on what the hub has, and the prefix in the link is not among it.'
practice_hub healthy hub.corp.test 10.77.2.20 443 unnamed
site hub.corp.test "location ~ ^/(hub|qps|app|api|resources|internal_.*)?(/|\$) { proxy_pass https://10.77.2.20; proxy_set_header Host \$http_host; $well_passed_on }
    location / { return 404; }"
doctor https://hub.corp.test/sales
expect no hub/path-unknown qlik-admin likely
