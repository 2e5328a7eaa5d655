broken "This computer's clock is two years ahead; both hubs are of one owner and may have one clock."
hub hub.corp.test 10.77.2.2
hub two.corp.test 10.77.3.2
clock '+2 years'
doctor https://hub.corp.test https://two.corp.test
expect no clock/this-computer-wrong you likely
expect_hub 2 no clock/this-computer-wrong you likely
