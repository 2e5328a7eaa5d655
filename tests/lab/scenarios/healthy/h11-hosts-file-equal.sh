healthy 'The hosts file holds the same address as DNS.'
hub hub.corp.test
hosts '10.77.2.2 hub.corp.test'
doctor https://hub.corp.test
expect yes
