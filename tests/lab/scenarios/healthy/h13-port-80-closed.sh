healthy 'Port 80 of the hub is closed; the link says https.'
hub hub.corp.test
doctor https://hub.corp.test
expect yes
