healthy 'The hub has a private IPv4 and a private IPv6 address.'
hub hub.corp.test 10.77.2.2 fd77:2::2
doctor https://hub.corp.test
expect yes
