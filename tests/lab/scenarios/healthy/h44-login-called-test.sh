healthy 'The name of the hub has "test" in it, and everything works.'
practice_hub healthy qlik-test.corp.test
as
doctor https://qlik-test.corp.test
expect yes
