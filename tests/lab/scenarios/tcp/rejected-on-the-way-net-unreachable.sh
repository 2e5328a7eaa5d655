broken 'A firewall rejects port 443 of the hub with ICMP net-unreachable.'
hub hub.corp.test
firewall 'tcp dport 443 reject with icmp type net-unreachable'
link --delay 5
doctor https://hub.corp.test
expect no tcp/rejected-on-the-way network certain
