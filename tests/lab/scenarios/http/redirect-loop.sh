broken 'Two addresses of the hub point to each other.'
site hub.corp.test 'location / { return 302 /one; } location = /one { return 302 /two; } location = /two { return 302 /one; }'
doctor https://hub.corp.test
expect no http/redirect-loop qlik-admin certain
