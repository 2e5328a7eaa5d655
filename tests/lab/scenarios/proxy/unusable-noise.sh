broken 'The proxy opens a tunnel to whomever it is asked for, and then sends bytes of no protocol.'
hub hub.corp.test
record proxy.corp.test A 10.77.2.80
raw 3128 10.77.2.80 babble
only_through_the_proxy
environment HTTPS_PROXY=http://proxy.corp.test:3128
doctor https://hub.corp.test
expect no proxy/unusable network likely
