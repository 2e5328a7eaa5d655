world 'One healthy hub, 40 ms away.'
hubs 1
link --delay 20
programs curl 'hublink preflight' 'hublink doctor' blackbox_exporter 'nmap ssl-cert' 'sslyze --certinfo'
