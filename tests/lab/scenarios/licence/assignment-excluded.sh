broken 'More licences are assigned than exist.'
practice_hub licence-excluded hub.corp.test
as
doctor https://hub.corp.test
expect no licence/assignment-excluded qlik-admin certain
