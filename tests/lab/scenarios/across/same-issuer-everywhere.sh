broken 'A device opens the traffic to two unrelated hubs and shows certificates of its own.'
hub qlik1.corp.test 10.77.2.2
hub acme.eu.qlikcloud.com 198.18.1.2
inspected_by_device
doctor https://qlik1.corp.test https://acme.eu.qlikcloud.com
expect_across across/same-issuer-everywhere network likely
