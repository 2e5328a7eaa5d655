broken 'The hub has moved: the old address only points to the new one.'
site hub.corp.test 'return 301 https://sense.newcorp.test$request_uri;'
hub sense.newcorp.test 10.77.3.2
doctor https://hub.corp.test
expect yes degrades http/redirect-to-other-host
