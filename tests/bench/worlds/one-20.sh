world 'One healthy hub, 20 ms away.'
hubs 1
link --delay 10
programs curl 'hublink preflight' 'hublink doctor' blackbox_exporter 'nmap ssl-cert' 'sslyze --certinfo' 'testssl.sh -S'
