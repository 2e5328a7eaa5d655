broken "This computer's clock is two years ahead, and there is only one hub to compare with."
hub hub.corp.test
clock '+2 years'
doctor https://hub.corp.test
expect no clock/this-computer-wrong you likely
