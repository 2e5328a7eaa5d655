broken 'The name server of this network answers every name with the address of its start page.'
hub hub.corp.test
https portal.hotel.test 10.77.2.80 443 'return 200 "please log in";'
wildcard_at 10.77.2.28 10.77.2.80
resolvers 10.77.2.28
doctor https://hub.corp.test
expect no dns/false-answers network likely
