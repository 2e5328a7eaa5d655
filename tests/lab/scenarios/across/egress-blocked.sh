broken 'The company lets nobody out to the Internet; the hub inside works.'
hub qlik1.corp.test 10.77.2.2
hub acme.example.com 198.18.1.2
hub sense.example.net 198.19.2.2
firewall 'ip daddr 198.18.0.0/15 tcp dport 443 drop'
doctor https://acme.example.com https://sense.example.net https://qlik1.corp.test
expect no across/egress-blocked network likely
expect_hub 2 no across/egress-blocked network likely
expect_hub 3 yes
expect_across across/egress-blocked network likely
