broken 'The network says with status 511 that it wants a login first.'
hub hub.corp.test
http _ 10.77.2.80 80 'return 511;'
https gate.hotel.test 10.77.2.80 443 'return 511;' unknown
detour 80 10.77.2.80
detour 443 10.77.2.80
doctor https://hub.corp.test
expect no http/captive-portal you certain
