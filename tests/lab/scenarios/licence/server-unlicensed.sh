broken 'The hub itself has no licence.'
practice_hub hub-unlicensed hub.corp.test
as
doctor https://hub.corp.test
expect no licence/server-unlicensed qlik-admin certain
