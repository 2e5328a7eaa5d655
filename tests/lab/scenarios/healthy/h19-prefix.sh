healthy 'The link leads to a virtual proxy with a prefix.'
site hub.corp.test 'location = /finance { return 301 /finance/hub/; } location = /finance/ { return 301 /finance/hub/; }
    location = /finance/hub { return 301 /finance/hub/; }
    location = /finance/hub/ { return 302 https://hub.corp.test/finance/internal_windows_authentication/?targetId=$request_id; }
    location /finance/internal_windows_authentication/ { add_header WWW-Authenticate NTLM always; return 401; }
    location = /finance/qps/user { default_type application/json; return 200 "{\"session\":\"inactive\",\"loginUri\":\"https://hub.corp.test/finance/internal_windows_authentication/?targetId=$request_id\"}"; }
    location / { return 404; }'
doctor https://hub.corp.test/finance
expect yes
