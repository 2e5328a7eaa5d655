broken 'The prefix in the link does not exist on this hub.'
practice_hub wrong-prefix hub.corp.test
doctor https://hub.corp.test/nosuch
expect no hub/path-unknown qlik-admin likely
