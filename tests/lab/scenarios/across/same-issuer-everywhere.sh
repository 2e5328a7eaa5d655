broken 'A device opens the encrypted traffic: hubs of different owners show certificates of one unknown maker.'
hub hub.corp.test 10.77.2.2
hub hub.shop.test 198.18.1.2
inspection other
doctor https://hub.corp.test https://hub.shop.test
expect_across across/same-issuer-everywhere network likely
