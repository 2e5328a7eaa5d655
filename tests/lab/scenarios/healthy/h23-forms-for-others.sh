healthy 'The hub shows its form to programs that do not call themselves Windows.'
record hub.corp.test A 10.77.2.2
nginx_http='map $http_user_agent $way { default forms; ~Windows windows; }'
https hub.corp.test 10.77.2.2 443 'location = / { return 301 /hub/; }
    location = /hub/ { return 302 https://hub.corp.test/internal_${way}_authentication/?targetId=$request_id; }
    location /internal_windows_authentication/ { add_header WWW-Authenticate NTLM always; return 401; }
    location /internal_forms_authentication/ { default_type text/html; return 200 "<form method=post><input name=username><input type=password name=pwd></form>"; }
    location = /qps/user { default_type application/json; return 200 "{\"session\":\"inactive\",\"loginUri\":\"https://hub.corp.test/internal_${way}_authentication/?targetId=$request_id\"}"; }'
doctor https://hub.corp.test
expect yes
