broken 'A firewall lets only three new connections at a time to the hub, then one every twelve seconds, and drops the others.'
hub hub.corp.test
firewall 'tcp dport 443 ct state new limit rate over 5/minute burst 3 packets drop'
doctor https://hub.corp.test
expect no tcp/rate-limited network likely
