broken 'The proxy forbids hubs inside the company; the direct way is open.'
squid 'acl inside dst 10.0.0.0/8' 'http_access deny inside' 'http_access allow all'
hub hub.corp.test
environment HTTPS_PROXY=http://proxy.corp.test:3128
doctor https://hub.corp.test
expect no proxy/bypass-missing network certain
