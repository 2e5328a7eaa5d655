broken 'The name of the hub does not exist.'
doctor https://hub.corp.test
expect no dns/name-not-found qlik-admin certain
