healthy 'The name server is reached over IPv6 only.'
hub hub.corp.test
resolvers fd77:2::53
doctor https://hub.corp.test
expect yes
