broken 'Every other packet that begins a connection to the hub is lost.'
hub hub.corp.test
firewall 'tcp dport 443 tcp flags & (syn|ack) == syn numgen inc mod 2 == 0 drop'
doctor https://hub.corp.test
expect yes degrades tcp/unreliable
