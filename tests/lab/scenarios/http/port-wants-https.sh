broken 'The link says http, and its port speaks only https.'
hub hub.corp.test
doctor http://hub.corp.test:443
expect no http/port-wants-https qlik-admin certain
