broken 'The hub has an IPv6 address only, and this computer has no IPv6.'
hub hub.corp.test fd77:2::2
ip -n client -6 route flush dev uplink
ip -n client -6 addr flush dev uplink
doctor https://hub.corp.test
expect no tcp/off-network you certain
