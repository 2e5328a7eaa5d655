broken 'The proxy program does not run: its port refuses.'
proxy_network
hub hub.corp.test
only_through_the_proxy
environment HTTPS_PROXY=http://proxy.corp.test:3128
doctor https://hub.corp.test
expect no proxy/unusable network certain
