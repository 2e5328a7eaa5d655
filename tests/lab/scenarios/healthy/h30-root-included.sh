healthy 'The server sends the root along with its certificate.'
above=("$pki/ca.crt")
hub hub.corp.test
doctor https://hub.corp.test
expect yes
