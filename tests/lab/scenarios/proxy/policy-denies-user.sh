broken 'The proxy knows the name and password, and asks for others where their owner may not go: to port 4244, where the login is.'
accounts anna secret
squid "$(login_by basic | head -n 1)" 'acl known proxy_auth REQUIRED' 'acl others proxy_auth others' \
    'acl forbidden port 4244' 'http_access deny forbidden !others' \
    'http_access allow known' 'http_access deny all'
record hub.corp.test A 10.77.2.2
https hub.corp.test 10.77.2.2 443 'location = / { return 301 /hub/; }
    location = /hub/ { return 302 https://hub.corp.test:4244/windows_authentication/?targetId=$request_id; }
    location = /qps/user { default_type application/json; return 200 "{\"session\":\"inactive\",\"loginUri\":\"https://hub.corp.test:4244/windows_authentication/?targetId=$request_id\"}"; }'
https hub.corp.test 10.77.2.2 4244 'location / { add_header WWW-Authenticate NTLM always; return 401; }'
only_through_the_proxy
environment HTTPS_PROXY=http://anna:secret@proxy.corp.test:3128
doctor https://hub.corp.test
expect no proxy/policy-denies network likely
