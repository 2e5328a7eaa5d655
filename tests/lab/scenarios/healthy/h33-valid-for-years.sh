healthy "A certificate of the company's authority is valid for six years."
record hub.corp.test A 10.77.2.2
https hub.corp.test 10.77.2.2 443 "$hub_locations" long
doctor https://hub.corp.test
expect yes
