broken 'What listens at the address of the proxy is a web server.'
hub hub.corp.test
record proxy.corp.test A 10.77.2.80
http _ 10.77.2.80 3128 'return 404;'
only_through_the_proxy
environment HTTPS_PROXY=http://proxy.corp.test:3128
doctor https://hub.corp.test
expect no proxy/unusable network certain
