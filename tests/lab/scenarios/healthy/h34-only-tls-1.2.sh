healthy 'The hub speaks TLS 1.2 only.'
tls_versions=TLSv1.2
hub hub.corp.test
doctor https://hub.corp.test
expect yes
