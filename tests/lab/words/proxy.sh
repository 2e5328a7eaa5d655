# The company's proxy: squid on a computer of its own, 10.77.4.8, behind the same router. Its name
# is proxy.corp.test; the program hears of it from the environment.

proxy_address=10.77.4.8
proxy_network_made=
proxy_network() {
    [ -z "$proxy_network_made" ] || return 0
    proxy_network_made=yes
    ip netns add proxy
    ip -n proxy link set lo up
    ip -n router link add to-proxy type veth peer name uplink netns proxy
    ip -n proxy addr add "$proxy_address/24" dev uplink
    ip -n router addr add 10.77.4.1/24 dev to-proxy
    ip -n proxy link set uplink up
    ip -n router link set to-proxy up
    ip -n proxy route add default via 10.77.4.1
    record proxy.corp.test A "$proxy_address"
}

# squid LINE…: a proxy on port 3128 with these lines of squid's configuration; without lines it
# carries everything.
squid() {
    local dir=$here/squid
    needs squid
    proxy_network
    [ $# -gt 0 ] || set -- 'http_access allow all'
    mkdir -p "$dir"
    chmod 777 "$here" "$dir"
    cat >"$dir/conf" <<SQUID
http_port 3128
visible_hostname proxy.corp.test
dns_nameservers 10.77.2.53
dns_timeout 3 seconds
connect_timeout 4 seconds
forward_timeout 8 seconds
hosts_file $dir/hosts
pid_filename none
coredump_dir $dir
cache deny all
cache_mem 8 MB
netdb_filename none
pinger_enable off
shutdown_lifetime 0 seconds
max_filedescriptors 1024
cache_log $dir/log
access_log stdio:$dir/access
$(printf '%s\n' "$@")
SQUID
    printf '%s\n' "${squid_hosts[@]}" >"$dir/hosts"
    squid_asked=yes
}
squid_hosts=()
squid_asked=

# Squid wants to know names when it starts, so it starts after the name server.
start_proxy() {
    [ -n "$squid_asked" ] || return 0
    on proxy squid -N -f "$here/squid/conf" >"$here/squid/out" 2>&1 &
    wait_for 'squid' on proxy bash -c "exec 3<>/dev/tcp/$proxy_address/3128"
}

# accounts USER PASSWORD: whom the proxy lets in, for `basic` and `digest`.
accounts() {
    mkdir -p "$here/squid"
    printf '%s:%s\n' "$1" "$(openssl passwd -apr1 "$2")" >"$here/squid/basic"
    printf '%s:company:%s\n' "$1" "$(printf '%s' "$1:company:$2" | md5sum | cut -d' ' -f1)" >"$here/squid/digest"
}

# login_by basic|digest|ntlm: lines for squid, which then wants a login.
login_by() {
    local helpers=/usr/lib/squid
    case $1 in
    basic) printf 'auth_param basic program %s\n' "$helpers/basic_ncsa_auth $here/squid/basic" ;;
    digest) printf 'auth_param digest program %s\n' "$helpers/digest_file_auth -c $here/squid/digest"
        printf 'auth_param digest realm company\n' ;;
    ntlm) printf 'auth_param ntlm program %s\n' "$helpers/ntlm_fake_auth" ;;
    esac
    printf 'acl known proxy_auth REQUIRED\nhttp_access allow known\nhttp_access deny all\n'
}

# only_through_the_proxy: the firewall lets this computer reach no web server itself.
only_through_the_proxy() {
    firewall 'ip saddr 10.77.1.2 ip daddr != 10.77.4.0/24 tcp dport { 80, 443, 4244, 8443 } drop'
}

# pac NAME 'nginx directive': a web server for the proxy script.
pac() {
    record "$1" A 10.77.2.90
    http "$1" 10.77.2.90 80 "location = /proxy.pac { default_type application/x-ns-proxy-autoconfig; $2 }"
}
