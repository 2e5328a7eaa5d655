healthy 'The link uses a short name, which the system completes and the certificate holds.'
record qlik1.corp.test A 10.77.2.2
https qlik1 10.77.2.2 443 "$hub_locations" good qlik1 qlik1.corp.test
search corp.test
doctor https://qlik1
expect yes
