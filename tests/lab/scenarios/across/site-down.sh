broken 'Both hubs of one site are silent, the hub of another site works.'
hub sales.corp.test 10.77.2.2
hub stock.corp.test 10.77.3.2
hub tools.corp.test 10.77.3.3
firewall 'ip daddr 10.77.3.0/24 drop'
doctor https://sales.corp.test https://stock.corp.test https://tools.corp.test
expect yes
expect_across across/site-down network likely
