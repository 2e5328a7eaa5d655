broken 'The proxy script does not exist; the direct way works.'
hub hub.corp.test
pac pac.corp.test 'return 404;'
environment auto_proxy=http://pac.corp.test/proxy.pac
doctor https://hub.corp.test
expect yes degrades proxy/pac-unusable
