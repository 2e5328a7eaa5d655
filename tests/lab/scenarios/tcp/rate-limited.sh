broken 'A firewall lets only three new connections a second to the hub, and drops the others.'
hub hub.corp.test
firewall 'tcp dport 443 ct state new limit rate over 1/second burst 2 packets drop'
doctor https://hub.corp.test
expect no tcp/rate-limited network likely
