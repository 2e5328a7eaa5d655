healthy 'Port 80 of the hub is dropped on the way; the link says https.'
hub hub.corp.test
firewall 'tcp dport 80 drop'
doctor https://hub.corp.test
expect yes
