healthy 'The certificate holds two thousand names.'
record hub.corp.test A 10.77.2.2
mapfile -t names < <(seq -f 'host%.0f.corp.test' 2000)
https hub.corp.test 10.77.2.2 443 "$hub_locations" good many.corp.test "${names[@]}" hub.corp.test
doctor https://hub.corp.test
expect yes
