healthy 'No proxy is set, and the direct way works although a proxy exists.'
squid
hub hub.corp.test
doctor https://hub.corp.test
expect yes
