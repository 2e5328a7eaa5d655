broken 'The hosts file sends the name to an address where another server lives.'
hub hub.corp.test
https old.corp.test 10.77.2.9 443 'return 404;'
hosts '10.77.2.9 hub.corp.test'
doctor https://hub.corp.test
expect no dns/hosts-file-override you certain
