broken 'Answers do not fit into a datagram, and a firewall drops TCP to port 53.'
hub hub.corp.test
dnsdist_at 10.77.2.30 <<'RULES'
addAction(TCPRule(false), TCAction())
RULES
resolvers 10.77.2.30
firewall 'ip daddr 10.77.2.30 tcp dport 53 drop'
doctor https://hub.corp.test
expect no dns/resolver-refuses network certain
