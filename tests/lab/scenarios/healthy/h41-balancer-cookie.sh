healthy 'A load balancer sets a cookie of its own before anybody has logged in.'
record hub.corp.test A 10.77.2.2
https hub.corp.test 10.77.2.2 443 "add_header Set-Cookie 'AWSALB=1234; Path=/' always; $hub_locations"
doctor https://hub.corp.test
expect yes
