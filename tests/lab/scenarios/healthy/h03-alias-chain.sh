healthy 'The name is an alias of an alias of an alias.'
hub hub.corp.test
records=()
record hub.corp.test CNAME qlik.corp.test.
record qlik.corp.test CNAME balancer.corp.test.
record balancer.corp.test CNAME node1.corp.test.
record node1.corp.test A 10.77.2.2
doctor https://hub.corp.test
expect yes
