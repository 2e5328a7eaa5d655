broken 'The hosts file sends the name to an address nobody has.'
hub hub.corp.test
hosts '10.77.2.99 hub.corp.test'
firewall 'ip daddr 10.77.2.99 drop'
doctor https://hub.corp.test
expect no dns/hosts-file-override you certain
