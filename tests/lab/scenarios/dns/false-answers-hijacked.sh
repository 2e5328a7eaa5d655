broken 'The router sends all questions to a name server of its own, which makes answers up.'
hub hub.corp.test
https portal.hotel.test 10.77.2.80 443 'return 200 "please log in";'
wildcard_at 10.77.2.28 10.77.2.80
redirect 'udp dport 53 ip daddr != 10.77.2.28 dnat ip to 10.77.2.28'
doctor https://hub.corp.test
expect no dns/false-answers network likely
