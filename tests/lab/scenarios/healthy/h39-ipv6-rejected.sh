healthy 'IPv6 to the hub is rejected at once, IPv4 works.'
hub hub.corp.test 10.77.2.2 fd77:2::2
firewall 'ip6 daddr fd77:2::2 reject with icmpv6 type no-route'
link --delay 2
doctor https://hub.corp.test
expect yes
