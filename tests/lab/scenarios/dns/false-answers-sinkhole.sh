broken 'The name server answers with an address that can only be a block.'
record hub.corp.test A 0.0.0.0
doctor https://hub.corp.test
expect no dns/false-answers network likely
