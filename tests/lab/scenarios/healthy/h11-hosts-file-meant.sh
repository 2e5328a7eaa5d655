healthy 'The hosts file leads to another node of the hub, which works.'
hub hub.corp.test 10.77.2.2
https hub.corp.test 10.77.2.3 443 "$hub_locations"
hosts '10.77.2.3 hub.corp.test'
doctor https://hub.corp.test
expect yes
