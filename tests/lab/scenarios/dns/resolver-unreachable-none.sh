broken 'No name server is configured.'
without_names
resolvers
doctor https://hub.corp.test
expect no dns/resolver-unreachable network certain
