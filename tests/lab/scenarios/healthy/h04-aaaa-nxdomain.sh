healthy 'To the question for IPv6 the name server says that the name does not exist; IPv4 is answered.'
hub hub.corp.test
dnsdist_at 10.77.2.54 <<'RULES'
addAction(QTypeRule(DNSQType.AAAA), RCodeAction(DNSRCode.NXDOMAIN))
RULES
resolvers 10.77.2.54
doctor https://hub.corp.test
expect yes
