world 'Ten healthy hubs, 20 ms away; the first of two name servers does not answer.'
hubs 10
firewall 'ip daddr 10.77.2.54 drop'
resolvers 10.77.2.54 10.77.2.53
link --delay 10
expected dns/resolver-slow
programs 'curl -Z' 'hublink preflight' 'hublink doctor' blackbox_exporter 'nmap ssl-cert' 'sslyze --certinfo'
