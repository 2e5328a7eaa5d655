broken 'IPv6 to the hub is swallowed on the way, IPv4 works.'
hub hub.corp.test 10.77.2.2 fd77:2::2
firewall 'ip6 daddr fd77:2::2 drop'
doctor https://hub.corp.test
expect yes degrades tcp/one-family-broken
