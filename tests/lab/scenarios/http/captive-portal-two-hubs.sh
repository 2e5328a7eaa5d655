broken 'A guest network redirects the hubs of two networks to the same start page; port 443 is closed until then.'
hub hub.corp.test 10.77.2.2
hub hub.shop.test 198.18.1.2
portal welcome.hotel.test
firewall 'tcp dport 443 reject with tcp reset'
doctor https://hub.corp.test https://hub.shop.test
expect no http/captive-portal you certain
expect_hub 2 no http/captive-portal you certain
