broken 'A device on the way resets every connection that has carried 20000 bytes.'
pages=$(page hub.html 200000)
site hub.corp.test "location = / { return 301 /hub/; } location = /hub/ { root $pages; try_files /hub.html =404; }"
on router sysctl -qw net.netfilter.nf_conntrack_acct=1
firewall 'tcp dport 443 ct bytes > 20000 reject with tcp reset'
link --delay 5
doctor https://hub.corp.test
expect no http/cut-off network likely
