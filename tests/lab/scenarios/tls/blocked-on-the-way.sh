broken 'A web filter drops greetings with the name of the hub.'
hub hub.corp.test
name_filter hub.corp.test drop
doctor https://hub.corp.test
expect no tls/blocked-on-the-way network certain
