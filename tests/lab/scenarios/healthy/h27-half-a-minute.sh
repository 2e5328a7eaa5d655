healthy "This computer's clock is half a minute ahead."
hub hub.corp.test 10.77.2.2
hub two.corp.test 10.77.3.2
clock '+30 seconds'
doctor https://hub.corp.test https://two.corp.test
expect yes
expect_hub 2 yes
