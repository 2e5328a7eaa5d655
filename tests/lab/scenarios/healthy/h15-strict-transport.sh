healthy 'The hub demands https for years (HSTS).'
record hub.corp.test A 10.77.2.2
https hub.corp.test 10.77.2.2 443 "add_header Strict-Transport-Security 'max-age=63072000; includeSubDomains' always; $hub_locations"
doctor https://hub.corp.test
expect yes
