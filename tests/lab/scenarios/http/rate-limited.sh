broken 'The server answers only one request a minute.'
nginx_http='limit_req_zone $server_name zone=all:1m rate=1r/m; limit_req_status 429;'
http _ 10.77.2.2 8080 "${hub_locations//\$http_host/hub.corp.test}"
site hub.corp.test 'location / { limit_req zone=all; proxy_pass http://10.77.2.2:8080; }'
doctor https://hub.corp.test
expect yes degrades http/rate-limited
