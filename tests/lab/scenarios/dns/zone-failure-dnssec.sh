broken 'The DNSSEC signatures of the domain do not verify.'
signed_zone corp.test 'hub IN A 10.77.2.2' bogus
recursive_at 10.77.2.54
resolvers 10.77.2.54
doctor https://hub.corp.test
expect no dns/zone-failure network certain
