broken 'The alias of the hub leads in a circle.'
record hub.corp.test CNAME a.corp.test.
record a.corp.test CNAME hub.corp.test.
doctor https://hub.corp.test
expect no dns/record-broken network certain
