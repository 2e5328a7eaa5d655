broken 'The link names port 8443, the hub listens on 443.'
hub hub.corp.test
doctor https://hub.corp.test:8443
expect no tcp/link-port-closed qlik-admin certain
