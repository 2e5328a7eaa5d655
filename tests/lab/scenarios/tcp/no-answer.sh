broken 'A firewall drops everything to the hub.'
hub hub.corp.test
firewall 'ip daddr 10.77.2.2 drop'
doctor https://hub.corp.test
expect no tcp/no-answer network certain
