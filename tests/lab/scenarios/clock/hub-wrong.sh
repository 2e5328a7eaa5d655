broken "One hub's clock is ten minutes ahead of the other hub's and of this computer's."
hub_with_clock hub.corp.test 10.77.3.2 '+10 minutes'
hub two.corp.test 10.77.2.2
doctor https://hub.corp.test https://two.corp.test
expect yes degrades clock/hub-wrong
expect_hub 2 yes
