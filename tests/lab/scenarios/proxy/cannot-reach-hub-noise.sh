broken 'The proxy carries one hub, and sends noise in a tunnel to any other name.'
hub hub.corp.test
hub other.corp.test 10.77.2.3
record proxy.corp.test A 10.77.2.80
raw 3128 10.77.2.80 babble other.corp.test 10.77.2.3
only_through_the_proxy
environment HTTPS_PROXY=http://proxy.corp.test:3128
doctor https://hub.corp.test https://other.corp.test
expect no proxy/cannot-reach-hub network likely
expect_hub 2 yes
