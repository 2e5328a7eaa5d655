broken 'The way back is broken: answers of port 443 are dropped.'
hub hub.corp.test
firewall 'tcp sport 443 tcp flags & (syn|ack) == syn|ack drop'
doctor https://hub.corp.test
expect no tcp/port-silent network likely
