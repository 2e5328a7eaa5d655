world 'Fifty hubs, 20 ms behind a firewall nearby that drops what goes to one and rejects what goes to another.'
link_behind --delay 10
hubs 50
firewall 'ip daddr 10.78.0.7 drop' 'ip daddr 10.78.0.8 reject with tcp reset'
expected tcp/no-answer tcp/rejected-on-the-way
programs 'curl -Z' 'hublink preflight' 'hublink doctor' 'verdicts of the healthy' blackbox_exporter 'nmap ssl-cert' 'sslyze --certinfo'
