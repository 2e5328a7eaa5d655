healthy 'Outside, the name has another address; this computer asks the name server inside.'
hub hub.corp.test
wildcard_at 198.18.1.53 198.18.1.99
doctor https://hub.corp.test
expect yes
