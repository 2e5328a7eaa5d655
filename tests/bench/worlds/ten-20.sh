world 'Ten healthy hubs, 20 ms away.'
hubs 10
link --delay 10
programs 'curl -Z' 'hublink preflight' 'hublink doctor' blackbox_exporter 'nmap ssl-cert' 'sslyze --certinfo'
