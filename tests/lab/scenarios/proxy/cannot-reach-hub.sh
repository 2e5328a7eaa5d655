broken 'Behind the proxy the server of the first hub does not run; the second hub is reached.'
squid
record hub.corp.test A 10.77.2.2
hub two.corp.test 10.77.3.2
only_through_the_proxy
environment HTTPS_PROXY=http://proxy.corp.test:3128
doctor https://hub.corp.test https://two.corp.test
expect no proxy/cannot-reach-hub network certain
expect_hub 2 yes
