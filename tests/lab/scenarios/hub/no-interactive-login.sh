broken 'This entrance of the hub lets everybody in and knows nobody.'
practice_hub anonymous hub.corp.test
doctor https://hub.corp.test
expect no hub/no-interactive-login qlik-admin possible
