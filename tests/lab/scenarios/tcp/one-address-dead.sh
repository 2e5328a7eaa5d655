broken 'Of the two addresses of the hub one is dead.'
hub hub.corp.test
record hub.corp.test A 10.77.2.99
firewall 'ip daddr 10.77.2.99 drop'
doctor https://hub.corp.test
expect yes degrades tcp/one-address-dead
