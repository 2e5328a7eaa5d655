broken 'The setting says https, but the proxy speaks plainly.'
squid
hub hub.corp.test
only_through_the_proxy
environment HTTPS_PROXY=https://proxy.corp.test:3128
doctor https://hub.corp.test
expect no proxy/unusable network certain
