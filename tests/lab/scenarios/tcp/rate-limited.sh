broken 'A firewall lets two connections a second to the hub, and resets the others.'
hub hub.corp.test
firewall 'tcp dport 443 ct state new limit rate over 1/second burst 2 packets reject with tcp reset'
doctor https://hub.corp.test
expect no tcp/rate-limited network likely
