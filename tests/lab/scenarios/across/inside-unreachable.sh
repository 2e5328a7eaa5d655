broken 'This computer is outside the company: the hubs inside are silent, the one on the Internet works.'
hub sales.corp.test 10.77.2.2
hub stock.corp.test 10.77.3.2
hub tenant.cloud.test 198.18.1.2
firewall 'ip daddr { 10.77.2.2, 10.77.3.0/24 } drop'
doctor https://sales.corp.test https://stock.corp.test https://tenant.cloud.test
expect_hub 3 yes
expect_across across/inside-unreachable you likely
