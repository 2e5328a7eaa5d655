healthy 'The server sends the root along with its certificate.'
record hub.corp.test A 10.77.2.2
https hub.corp.test 10.77.2.2 443 "$hub_locations" with-root
doctor https://hub.corp.test
expect yes
