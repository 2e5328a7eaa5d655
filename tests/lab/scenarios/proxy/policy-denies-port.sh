broken 'The proxy carries port 443 only, and the link names 8443.'
squid 'acl https port 443' 'http_access deny CONNECT !https' 'http_access allow all'
record hub.corp.test A 10.77.2.2
https hub.corp.test 10.77.2.2 443 "$hub_locations"
https hub.corp.test 10.77.2.2 8443 "$hub_locations"
only_through_the_proxy
environment HTTPS_PROXY=http://proxy.corp.test:3128
doctor https://hub.corp.test:8443
expect no proxy/policy-denies network certain
