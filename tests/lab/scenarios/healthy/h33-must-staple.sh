healthy 'The certificate demands a stapled answer of its issuer, and the server has none.'
leaf_lines='tlsfeature=status_request'
hub hub.corp.test
doctor https://hub.corp.test
expect yes
