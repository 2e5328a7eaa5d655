broken 'The setting names a proxy that does not exist.'
hub hub.corp.test
environment HTTPS_PROXY=http://old-proxy.corp.test:3128
only_through_the_proxy
doctor https://hub.corp.test
expect no proxy/unusable network certain
