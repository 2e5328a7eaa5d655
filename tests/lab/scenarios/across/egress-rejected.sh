broken 'The company rejects connections to the Internet.'
hub acme.example.com 198.18.1.2
hub sense.example.net 198.19.2.2
firewall 'ip daddr 198.18.0.0/15 tcp dport 443 reject with icmp type admin-prohibited'
link --delay 2
doctor https://acme.example.com https://sense.example.net
expect no across/egress-blocked network likely
expect_across across/egress-blocked network likely
