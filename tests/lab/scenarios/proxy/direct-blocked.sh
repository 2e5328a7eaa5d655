broken 'Only the proxy leads out, and it is set for plain http alone.'
squid
hub hub.corp.test
only_through_the_proxy
environment http_proxy=http://proxy.corp.test:3128
doctor https://hub.corp.test
expect no proxy/direct-blocked network likely
