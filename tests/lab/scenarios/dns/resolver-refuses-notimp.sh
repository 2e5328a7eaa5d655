broken 'The name server answers every question with notimp.'
dnsdist_at 10.77.2.30 <<'RULES'
addAction(AllRule(), RCodeAction(DNSRCode.NOTIMP))
RULES
resolvers 10.77.2.30
doctor https://hub.corp.test
expect no dns/resolver-refuses network certain
