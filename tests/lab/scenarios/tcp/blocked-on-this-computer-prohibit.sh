broken 'A rule of this computer makes the hub a prohibit route.'
hub hub.corp.test
ip -n client route add prohibit 10.77.2.2
doctor https://hub.corp.test
expect no tcp/blocked-on-this-computer network certain
