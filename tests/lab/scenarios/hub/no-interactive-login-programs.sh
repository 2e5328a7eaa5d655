broken 'This entrance of the hub is for programs: 401 without a way to log in.'
practice_hub for-programs hub.corp.test
doctor https://hub.corp.test
expect no hub/no-interactive-login qlik-admin possible
