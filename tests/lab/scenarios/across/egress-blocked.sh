broken 'The company lets no connection out to port 443; a hub inside works.'
hub hub.corp.test 10.77.2.2
hub one.cloud.test 198.18.1.2
hub two.cloud.test 198.18.2.2
firewall 'ip daddr 198.18.0.0/16 tcp dport 443 drop'
doctor https://hub.corp.test https://one.cloud.test https://two.cloud.test
expect yes
expect_across across/egress-blocked network likely
