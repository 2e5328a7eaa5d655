broken 'The name exists without any address.'
record hub.corp.test TXT '"moved"'
doctor https://hub.corp.test
expect no dns/record-broken network certain
