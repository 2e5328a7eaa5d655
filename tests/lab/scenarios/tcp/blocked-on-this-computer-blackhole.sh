broken 'A rule of this computer makes the hub a blackhole route.'
hub hub.corp.test
ip -n client route add blackhole 10.77.2.2
doctor https://hub.corp.test
expect no tcp/blocked-on-this-computer network certain
