healthy 'A hub in order, port 80 closed.'
hub hub.corp.test
doctor https://hub.corp.test
expect yes
