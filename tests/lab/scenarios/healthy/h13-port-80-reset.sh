healthy 'Port 80 of the hub is reset on the way; the link says https.'
hub hub.corp.test
firewall 'tcp dport 80 reject with tcp reset'
doctor https://hub.corp.test
expect yes
