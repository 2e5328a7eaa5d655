broken 'There is no engine behind the hub.'
practice_hub engine-down hub.corp.test
as
doctor https://hub.corp.test
expect no licence/services-down qlik-admin certain
