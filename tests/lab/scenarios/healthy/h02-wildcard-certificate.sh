healthy 'The certificate is for *.corp.test.'
record hub.corp.test A 10.77.2.2
https hub.corp.test 10.77.2.2 443 "$hub_locations" good '*.corp.test'
doctor https://hub.corp.test
expect yes
