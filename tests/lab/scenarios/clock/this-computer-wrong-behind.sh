broken "This computer's clock is forty days behind: the hubs' certificates seem not to have begun."
hub hub.corp.test 10.77.2.2
hub acme.example.com 198.18.1.2
clock '-40 days'
doctor https://hub.corp.test https://acme.example.com
expect no clock/this-computer-wrong you certain
expect_hub 2 no clock/this-computer-wrong you certain
