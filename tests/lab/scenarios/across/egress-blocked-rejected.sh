broken 'The company prohibits connections out to port 443, and says so.'
hub one.cloud.test 198.18.1.2
hub two.cloud.test 198.18.2.2
firewall 'ip daddr 198.18.0.0/16 tcp dport 443 reject with icmp type admin-prohibited'
link --delay 5
doctor https://one.cloud.test https://two.cloud.test
expect_across across/egress-blocked network likely
