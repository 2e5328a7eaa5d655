broken 'The name does not exist, at either of two name servers.'
resolvers 10.77.2.53 fd77:2::53
doctor https://hub.corp.test
expect no dns/name-not-found qlik-admin certain
