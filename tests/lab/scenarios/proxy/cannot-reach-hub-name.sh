broken 'The proxy cannot find the name of the first hub; the second hub is reached.'
squid
hub two.corp.test 10.77.3.2
only_through_the_proxy
environment HTTPS_PROXY=http://proxy.corp.test:3128
doctor https://hub.corp.test https://two.corp.test
expect no proxy/cannot-reach-hub network certain
expect_hub 2 yes
