broken 'The server answers only one request a minute.'
nginx_http='limit_req_zone $server_name zone=all:1m rate=1r/m; limit_req_status 429; limit_req zone=all;'
hub hub.corp.test
doctor https://hub.corp.test
expect unknown http/rate-limited
