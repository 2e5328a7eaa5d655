broken 'The hub itself sends along that its certificate was withdrawn.'
withdraws hub.corp.test
hub_locations+=" ssl_stapling on; ssl_stapling_file $(staple hub.corp.test);"
hub hub.corp.test
doctor https://hub.corp.test
expect no certificate/revoked qlik-admin certain
