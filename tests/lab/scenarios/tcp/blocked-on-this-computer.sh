broken 'Protection software of this computer rejects connections to port 443.'
hub hub.corp.test
protection 'tcp dport 443 reject with icmp type admin-prohibited'
doctor https://hub.corp.test
expect no tcp/blocked-on-this-computer network certain
