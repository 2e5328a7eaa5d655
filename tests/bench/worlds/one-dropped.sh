world 'One hub, 20 ms away, behind a firewall that drops.'
hubs 1
firewall 'ip daddr 10.78.0.1 drop'
link --delay 10
expected tcp/no-answer
programs curl 'hublink preflight' 'hublink doctor' blackbox_exporter 'nmap ssl-cert' 'sslyze --certinfo'
