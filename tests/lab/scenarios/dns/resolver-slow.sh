broken 'The first of two name servers is silent.'
hub hub.corp.test
firewall 'ip daddr 10.77.2.99 drop'
resolvers 10.77.2.99 10.77.2.53
doctor https://hub.corp.test
expect yes degrades dns/resolver-slow
