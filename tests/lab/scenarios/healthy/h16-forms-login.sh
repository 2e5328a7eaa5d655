healthy 'The hub sends its visitors to its own page with a form.'
record hub.corp.test A 10.77.2.2
https hub.corp.test 10.77.2.2 443 "$forms_locations"
doctor https://hub.corp.test
expect yes
