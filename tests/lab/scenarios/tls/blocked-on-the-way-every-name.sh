broken 'A device near this computer resets every connection as soon as it is greeted in TLS.'
hub hub.corp.test
needs iptables
on router iptables -A FORWARD -p tcp --dport 443 -m string --algo bm --hex-string '|160301|' -j REJECT --reject-with tcp-reset
link_behind --delay 20
doctor https://hub.corp.test
expect no tls/blocked-on-the-way network likely
