broken 'Packets of full size from the hub get lost on the way; its certificate fills one.'
record hub.corp.test A 10.77.2.2
mapfile -t names < <(seq -f 'host%.0f.corp.test' 100)
https hub.corp.test 10.77.2.2 443 "$hub_locations" good many.corp.test "${names[@]}" hub.corp.test
firewall 'tcp sport 443 meta length > 1200 drop'
doctor https://hub.corp.test
expect no tls/large-packets-lost network certain
