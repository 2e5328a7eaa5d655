broken 'Packets of more than 200 bytes to the hub get lost on the way, the greeting among them.'
hub hub.corp.test
firewall 'tcp dport 443 meta length > 200 drop'
doctor https://hub.corp.test
expect no tls/large-packets-lost network certain
