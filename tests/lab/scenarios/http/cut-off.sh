broken 'A device on the way resets every connection that has carried 20000 bytes.'
# The server sends slowly, so that both tries break off at about the same amount.
nginx_http='ssl_buffer_size 1k;'
pages=$(page hub.html 200000)
site hub.corp.test "location = / { return 301 /hub/; } location = /hub/ { root $pages; try_files /hub.html =404; limit_rate 4k;  }"
on router sysctl -qw net.netfilter.nf_conntrack_acct=1
firewall 'tcp dport 443 ct bytes > 20000 reject with tcp reset'
link --delay 5
doctor https://hub.corp.test
expect no http/cut-off network likely
