broken 'A firewall drops the port of both hubs inside; their other ports answer, so no VPN is missing.'
hub qlik1.corp.test 10.77.2.2
hub qlik2.corp.test 10.77.3.2
hub acme.example.com 198.18.1.2
firewall 'ip daddr { 10.77.2.2, 10.77.3.2 } tcp dport 443 drop'
doctor https://qlik1.corp.test https://qlik2.corp.test https://acme.example.com
expect no tcp/port-silent network likely
expect_hub 2 no tcp/port-silent network likely
expect_hub 3 yes
