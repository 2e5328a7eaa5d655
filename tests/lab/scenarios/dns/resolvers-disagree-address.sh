broken 'Two name servers: the second sends the hub to an address where another server lives.'
hub hub.corp.test
https old.corp.test 10.77.2.9 443 'return 404;'
dnsdist_at 10.77.2.30 <<'RULES'
addAction(AndRule({QNameRule("hub.corp.test."), QTypeRule(DNSQType.A)}), SpoofAction("10.77.2.9"))
RULES
resolvers 10.77.2.53 10.77.2.30
doctor https://hub.corp.test
expect yes degrades dns/resolvers-disagree
