world 'Fifty healthy hubs, 20 ms away.'
hubs 50
link --delay 10
programs 'curl -Z' 'hublink preflight' 'hublink doctor' blackbox_exporter 'nmap ssl-cert' 'sslyze --certinfo'
