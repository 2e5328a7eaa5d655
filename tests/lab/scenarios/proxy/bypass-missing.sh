broken 'The proxy lives outside and cannot reach the hub inside; the direct way is open.'
squid
hub hub.corp.test
firewall 'ip saddr 10.77.4.8 ip daddr 10.77.2.2 reject with icmp type admin-prohibited'
environment HTTPS_PROXY=http://proxy.corp.test:3128
doctor https://hub.corp.test
expect no proxy/bypass-missing network certain
