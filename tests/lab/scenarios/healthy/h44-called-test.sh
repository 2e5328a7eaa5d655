healthy 'The name of the hub has "test" in it.'
hub qlik-test.corp.test
doctor https://qlik-test.corp.test
expect yes
