broken 'A firewall drops questions to the name server.'
hub hub.corp.test
firewall 'udp dport 53 drop' 'tcp dport 53 drop'
doctor https://hub.corp.test
expect no dns/resolver-unreachable network likely
