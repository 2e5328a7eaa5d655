broken 'The hub sends its visitors to a name that is known only inside.'
site hub.corp.test 'return 302 https://qlik-internal.corp.local/hub/;'
doctor https://hub.corp.test
expect no http/redirect-to-dead-address qlik-admin certain
