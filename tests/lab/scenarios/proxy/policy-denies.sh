broken 'The proxy forbids the first hub and lets the second through.'
squid 'acl forbidden dstdomain hub.corp.test' 'http_access deny forbidden' 'http_access allow all'
hub hub.corp.test 10.77.2.2
hub two.corp.test 10.77.3.2
only_through_the_proxy
environment HTTPS_PROXY=http://proxy.corp.test:3128
doctor https://hub.corp.test https://two.corp.test
expect no proxy/policy-denies network certain
expect_hub 2 yes
