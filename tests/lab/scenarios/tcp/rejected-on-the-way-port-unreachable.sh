broken 'A firewall rejects port 443 of the hub with ICMP port-unreachable.'
hub hub.corp.test
firewall 'tcp dport 443 reject with icmp type port-unreachable'
link --delay 5
doctor https://hub.corp.test
expect no tcp/rejected-on-the-way network certain
