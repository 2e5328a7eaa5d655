broken 'This computer is elsewhere: everything to the proxy is dropped.'
squid
hub hub.corp.test
environment HTTPS_PROXY=http://proxy.corp.test:3128
firewall 'ip daddr 10.77.4.0/24 drop' 'tcp dport 443 drop'
doctor https://hub.corp.test
expect no proxy/unusable network certain
