healthy 'The hub has an address of carrier-grade NAT.'
ip -n router addr add 100.64.3.1/24 dev outer
ip -n server addr add 100.64.3.254/24 dev uplink
hub hub.corp.test 100.64.3.2
doctor https://hub.corp.test
expect yes
