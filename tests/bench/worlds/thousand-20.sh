world 'A thousand healthy hubs, 20 ms away.'
hubs 1000
link --delay 10
programs 'curl -Z' 'hublink preflight' 'hublink doctor' blackbox_exporter
