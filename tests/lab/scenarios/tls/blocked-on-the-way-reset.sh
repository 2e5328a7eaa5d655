broken 'A web filter resets connections whose greeting holds the name of the hub.'
hub hub.corp.test
name_filter hub.corp.test reset
link_behind --delay 10
doctor https://hub.corp.test
expect no tls/blocked-on-the-way network certain
