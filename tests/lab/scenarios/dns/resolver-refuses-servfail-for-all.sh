broken 'The name server fails for every name it is asked for.'
dnsdist_at 10.77.2.30 <<'RULES'
addAction(AllRule(), RCodeAction(DNSRCode.SERVFAIL))
RULES
resolvers 10.77.2.30
doctor https://hub.corp.test
expect no dns/resolver-refuses network certain
