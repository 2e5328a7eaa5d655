broken 'A firewall on the way drops port 443 of the hub.'
hub hub.corp.test
firewall 'tcp dport 443 drop'
doctor https://hub.corp.test
expect no tcp/port-silent network likely
