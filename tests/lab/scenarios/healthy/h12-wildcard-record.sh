healthy 'Every name of the domain leads to the hub; that is how the owner wants it.'
hub hub.corp.test
record '*.corp.test' A 10.77.2.2
doctor https://hub.corp.test
expect yes
