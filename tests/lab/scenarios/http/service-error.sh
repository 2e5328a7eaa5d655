broken 'The web server in front runs, the Qlik service behind it does not.'
site hub.corp.test 'location / { proxy_pass http://10.77.2.2:8080; }'
doctor https://hub.corp.test
expect no http/service-error qlik-admin certain
