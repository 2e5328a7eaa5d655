broken "This computer's clock is two years ahead: the hubs' certificates seem to have run out."
hub hub.corp.test 10.77.2.2
hub acme.example.com 198.18.1.2
clock '+2 years'
doctor https://hub.corp.test https://acme.example.com
expect no clock/this-computer-wrong you certain
expect_hub 2 no clock/this-computer-wrong you certain
