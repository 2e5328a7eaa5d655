broken 'A web server answers that has nothing to do with Qlik.'
site hub.corp.test 'location = / { default_type text/html; return 200 "<title>Welcome to nginx!</title>"; } location / { return 404; }'
doctor https://hub.corp.test
expect no hub/not-qlik qlik-admin likely
