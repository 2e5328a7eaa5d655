broken 'The authority between has five days left.'
issuing_days=5 issuing 'Corp Issuing'
above=("$company.crt")
hub_with company hub.corp.test
doctor https://hub.corp.test
expect yes informs certificate/expires-soon
