broken 'Both hubs of the second site are down, the hub of the first works.'
hub qlik1.corp.test 10.77.2.2
hub qlik3.corp.test 10.77.3.2
hub qlik4.corp.test 10.77.3.3
firewall 'ip daddr 10.77.3.0/24 drop'
doctor https://qlik3.corp.test https://qlik4.corp.test https://qlik1.corp.test
expect no across/site-down network likely
expect_hub 2 no across/site-down network likely
expect_hub 3 yes
expect_across across/site-down network likely
