broken 'The name server answers every question with formerr.'
dnsdist_at 10.77.2.30 <<'RULES'
addAction(AllRule(), RCodeAction(DNSRCode.FORMERR))
RULES
resolvers 10.77.2.30
doctor https://hub.corp.test
expect no dns/resolver-refuses network certain
