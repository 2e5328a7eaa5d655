broken 'The web server in front says that the service is being maintained.'
site hub.corp.test 'add_header Retry-After 3600 always; return 503;'
doctor https://hub.corp.test
expect no http/service-error qlik-admin certain
