broken 'The certificate has three days left.'
hub_with soon hub.corp.test
doctor https://hub.corp.test
expect yes informs certificate/expires-soon
