broken "The certificate ran out, and this computer's clock is years behind, so that it seems not to have begun."
hub_with expired hub.corp.test
hub acme.example.com 198.18.1.2
clock '-2 years'
doctor https://hub.corp.test https://acme.example.com
expect no certificate/expired qlik-admin certain
expect_also clock/this-computer-wrong you certain
expect_hub 2 no clock/this-computer-wrong you certain
