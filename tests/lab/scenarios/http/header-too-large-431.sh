broken 'The server answers with status 431.'
site hub.corp.test 'return 431;'
doctor https://hub.corp.test
expect no http/header-too-large qlik-admin likely
