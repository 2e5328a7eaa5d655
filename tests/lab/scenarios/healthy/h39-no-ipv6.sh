healthy 'The hub has both kinds of addresses, and this computer has no IPv6.'
hub hub.corp.test 10.77.2.2 fd77:2::2
ip -n client -6 route flush dev uplink
ip -n client -6 addr flush dev uplink
doctor https://hub.corp.test
expect yes
