broken 'Both hubs inside the company stay silent, a hub on the Internet works: the VPN is off.'
hub qlik1.corp.test 10.77.2.2
hub qlik2.corp.test 10.77.3.2
hub acme.example.com 198.18.1.2
firewall 'ip daddr { 10.77.2.2, 10.77.3.2 } drop'
doctor https://qlik1.corp.test https://qlik2.corp.test https://acme.example.com
expect no across/inside-unreachable you likely
expect_hub 2 no across/inside-unreachable you likely
expect_hub 3 yes
expect_across across/inside-unreachable you likely
