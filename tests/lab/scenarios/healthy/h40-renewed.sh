healthy 'One of two addresses shows the renewed certificate with a new key, the other the old one.'
hub hub.corp.test fd77:2::3
record hub.corp.test A 10.77.2.2
https hub.corp.test 10.77.2.2 443 "$hub_locations" long
doctor https://hub.corp.test
expect yes
