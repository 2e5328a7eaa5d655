world 'Fifty healthy hubs, 40 ms away.'
hubs 50
link --delay 20
programs 'curl -Z' 'hublink preflight' 'hublink doctor' blackbox_exporter
