broken 'Two name servers: one knows the hub, the other says that it does not exist.'
hub hub.corp.test
dnsdist_at 10.77.2.30 <<'RULES'
addAction(QNameRule("hub.corp.test."), RCodeAction(DNSRCode.NXDOMAIN))
RULES
resolvers 10.77.2.53 10.77.2.30
doctor https://hub.corp.test
expect yes degrades dns/resolvers-disagree
