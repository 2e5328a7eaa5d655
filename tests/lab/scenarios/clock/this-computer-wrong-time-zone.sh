broken "This computer's clock is two hours ahead, as with a wrong time zone."
hub hub.corp.test 10.77.2.2
hub acme.example.com 198.18.1.2
clock '+2 hours'
doctor https://hub.corp.test https://acme.example.com
expect yes degrades clock/this-computer-wrong
expect_hub 2 yes degrades clock/this-computer-wrong
