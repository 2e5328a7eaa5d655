broken 'There is no repository behind the hub.'
practice_hub repository-down hub.corp.test
as
doctor https://hub.corp.test
expect no licence/services-down qlik-admin certain
