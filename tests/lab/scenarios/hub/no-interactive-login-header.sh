broken 'This entrance of the hub takes the user from a header.'
practice_hub by-header hub.corp.test
doctor https://hub.corp.test
expect no hub/no-interactive-login qlik-admin possible
