healthy 'An older hub: the login has a port of its own, 4244, which answers.'
record hub.corp.test A 10.77.2.2
https hub.corp.test 10.77.2.2 443 'location = / { return 301 /hub/; }
    location = /hub/ { return 302 https://hub.corp.test:4244/windows_authentication/?targetId=$request_id; }
    location = /qps/user { default_type application/json; return 200 "{\"session\":\"inactive\",\"loginUri\":\"https://hub.corp.test:4244/windows_authentication/?targetId=$request_id\"}"; }'
https hub.corp.test 10.77.2.2 4244 'location / { add_header WWW-Authenticate NTLM always; return 401; }'
doctor https://hub.corp.test
expect yes
