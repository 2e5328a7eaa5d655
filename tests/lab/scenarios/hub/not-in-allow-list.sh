broken 'The name in the link is not in the allow list of the hub.'
practice_names=(central.practice.test)
practice_hub not-allowed hub.corp.test
doctor https://hub.corp.test
expect no hub/not-in-allow-list qlik-admin certain
