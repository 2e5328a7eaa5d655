broken 'The hub takes the request and never answers.'
waits
late_hub hub.corp.test 1000
doctor https://hub.corp.test
expect no http/no-reply qlik-admin likely
