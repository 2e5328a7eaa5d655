broken 'The service hangs: its queue of connections is full, so new ones are not answered.'
record hub.corp.test A 10.77.2.2
raw 443 10.77.2.2 full
http hub.corp.test 10.77.2.2 80 'return 404;'
doctor https://hub.corp.test
expect no tcp/port-silent network likely
