broken 'One of two addresses shows a certificate that ran out.'
hub hub.corp.test
record hub.corp.test AAAA fd77:2::3
https hub.corp.test fd77:2::3 443 "$hub_locations" expired
doctor https://hub.corp.test
expect yes degrades certificate/differs-by-address
