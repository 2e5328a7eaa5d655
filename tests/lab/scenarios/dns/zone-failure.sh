broken 'The name servers of the domain are dead: it is delegated to an address nobody has.'
record corp.test NS ns.corp.test.
record ns.corp.test A 10.77.2.98
recursive_at 10.77.2.54
resolvers 10.77.2.54
resolver_options='timeout:5 attempts:2'
doctor https://hub.corp.test
expect no dns/zone-failure network likely
