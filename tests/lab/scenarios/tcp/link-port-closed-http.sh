broken 'The link says http, and the hub listens on 443 only.'
hub hub.corp.test
doctor http://hub.corp.test
expect no tcp/link-port-closed qlik-admin certain
