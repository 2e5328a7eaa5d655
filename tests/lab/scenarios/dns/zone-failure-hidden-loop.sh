broken 'The alias leads in a circle, and the name server that says so hides it behind a failure.'
record hub.corp.test CNAME a.corp.test.
record a.corp.test CNAME hub.corp.test.
recursive_at 10.77.2.54
resolvers 10.77.2.54
doctor https://hub.corp.test
expect no dns/zone-failure network likely
