# Devices on the way: the start page of a guest network, a web filter, an inspection of TLS.

# portal NAME: every web address leads to the start page of a network that wants a login first;
# `except IP…` beforehand leaves these alone.
exceptions=10.77.2.53
except() { local ip; for ip; do exceptions+=", $ip"; done; }

portal() {
    record "$1" A 10.77.2.80
    http _ 10.77.2.80 80 "return 302 http://$1/start?for=\$host;"
    http "$1" 10.77.2.80 80 'default_type text/html; return 200 "<html><body><h1>Welcome</h1><form method=post>Accept the terms</form></body></html>";'
    https "$1" 10.77.2.80 443 "return 302 http://$1/start;" unknown
    detour 80 10.77.2.80
    detour 443 10.77.2.80
}

# detour PORT IP: the router sends connections to that port there, whatever their address.
detour() {
    redirect "ip daddr != { $exceptions, $2 } tcp dport $1 dnat ip to $2"
}

# inspected_by_device [AUTHORITY] [MITMDUMP-OPTION…]: a device that opens TLS on the way, with certificates of
# that authority: `other` (if none is named) is known to nobody, `ca` is trusted.
inspected_by_device() {
    local authority=${1:-other}
    shift || true
    needs mitmdump
    mkdir -p "$here/inspector"
    # The device's own maker, as it names itself.
    [ "$authority" != mitmproxy ] || authority mitmproxy
    [ "$authority" = mitmproxy ] && authority=$company || authority=$pki/$authority
    cat "$authority.key" "$authority.crt" >"$here/inspector/mitmproxy-ca.pem"
    redirect 'iifname "inner" tcp dport { 80, 443 } redirect to :8443'
    HOME=$here/inspector on router mitmdump --mode transparent --showhost --listen-port 8443 \
        --set "confdir=$here/inspector" --set ssl_insecure=true "$@" >"$here/inspector/log" 2>&1 &
    wait_for 'the inspection' on router bash -c 'exec 3<>/dev/tcp/127.0.0.1/8443'
}
