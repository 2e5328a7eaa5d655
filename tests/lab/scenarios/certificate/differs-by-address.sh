broken 'One of two addresses shows a certificate that ran out.'
hub hub.corp.test fd77:2::3
record hub.corp.test A 10.77.2.2
https hub.corp.test 10.77.2.2 443 "$hub_locations" expired
doctor https://hub.corp.test
expect yes degrades certificate/differs-by-address
