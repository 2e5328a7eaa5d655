broken 'The name is an alias of a name that no longer exists.'
record hub.corp.test CNAME old-server.corp.test.
doctor https://hub.corp.test
expect no dns/record-broken network certain
