broken 'The licence of the hub could not be renewed.'
practice_hub hub-not-renewed hub.corp.test
as
doctor https://hub.corp.test
expect no licence/server-unlicensed qlik-admin certain
