broken 'Something swallows the questions for IPv6 addresses.'
hub hub.corp.test
dnsdist_at 10.77.2.30 <<'RULES'
addAction(QTypeRule(DNSQType.AAAA), DropAction())
RULES
resolvers 10.77.2.30
doctor https://hub.corp.test
expect yes degrades dns/aaaa-dropped
