healthy 'The hub has no IPv6 address; the name server says so.'
hub hub.corp.test
doctor https://hub.corp.test
expect yes
