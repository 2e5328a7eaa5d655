healthy 'The hub speaks TLS 1.3 only.'
tls_versions=TLSv1.3
hub hub.corp.test
doctor https://hub.corp.test
expect yes
