broken 'The key of the server is of a kind (P-521) that this tool does not have and Desktop may.'
tls_versions=TLSv1.2
hub_with p521 hub.corp.test
doctor https://hub.corp.test
expect unknown tls/unexplained
