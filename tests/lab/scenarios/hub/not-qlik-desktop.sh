broken 'The link leads to somebody’s Qlik Sense Desktop.'
practice_hub desktop hub.corp.test
doctor https://hub.corp.test
expect no hub/not-qlik qlik-admin likely
