broken 'A guest network wants a login first: it redirects port 80 and answers port 443 itself.'
hub hub.corp.test
http hub.corp.test 10.77.2.2 80 'return 301 https://hub.corp.test$request_uri;'
portal welcome.hotel.test
doctor https://hub.corp.test
expect no http/captive-portal you likely
