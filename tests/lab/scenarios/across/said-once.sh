broken 'No name server answers; that stops both hubs and is said once.'
hub qlik1.corp.test 10.77.2.2
hub acme.example.com 198.18.1.2
firewall 'udp dport 53 drop' 'tcp dport 53 drop'
doctor https://qlik1.corp.test https://acme.example.com
expect no dns/resolver-unreachable network likely
expect_hub 2 no dns/resolver-unreachable network likely
