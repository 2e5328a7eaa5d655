broken 'The proxy knows the name and password, and asks for others where their owner may not go.'
accounts anna secret
squid "$(login_by basic | head -n 1)" 'acl known proxy_auth REQUIRED' 'acl others proxy_auth others' \
    'acl forbidden dstdomain two.corp.test' 'http_access deny forbidden !others' \
    'http_access allow known' 'http_access deny all'
hub hub.corp.test 10.77.2.2
hub two.corp.test 10.77.3.2
only_through_the_proxy
environment HTTPS_PROXY=http://anna:secret@proxy.corp.test:3128
doctor https://hub.corp.test https://two.corp.test
expect yes
expect_hub 2 no proxy/policy-denies network likely
