# Names. The company's name server is a real one (BIND) at 10.77.2.53; it holds the root of all
# names too, so that every other name is answered with "no such name" and nothing is asked outside.

resolvers=(10.77.2.53)
resolver_options='timeout:2 attempts:2'
searches=()
records=()
hosts_lines=('127.0.0.1 localhost')
nsswitch='hosts: files dns'

# record NAME TYPE VALUE: in DNS.
record() { records+=("$1. 60 IN $2 $3"); }

# resolvers IP…: what the client's resolv.conf names.
resolvers() { resolvers=("$@"); }

# search SUFFIX…: completes short names.
search() { searches=("$@"); }

# hosts 'IP NAME': a line of the client's hosts file.
hosts() { hosts_lines+=("$1"); }

# nsswitch 'hosts: files': where the client's system looks names up.
nsswitch() { nsswitch=$1; }

no_names=
# without_names: no name server runs at all.
without_names() { no_names=yes; }

start_names() {
    [ -z "$no_names" ] || return 0
    needs named
    address 10.77.2.53
    mkdir -p "$here/named"
    {
        printf '$TTL 60\n. IN SOA ns.test. admin.test. 1 3600 900 86400 60\n. IN NS ns.test.\n'
        printf 'ns.test. IN A 10.77.2.53\n'
        printf '%s\n' "${records[@]}"
    } >"$here/named/root.zone"
    cat >"$here/named/named.conf" <<NAMED
options {
    directory "$here/named";
    listen-on { 10.77.2.53; };
    listen-on-v6 { fd77:2::53; };
    pid-file "$here/named/pid";
    session-keyfile "$here/named/session";
    recursion no; dnssec-validation no; notify no;
};
controls { };
zone "." { type primary; file "root.zone"; };
$named_extra
NAMED
    address fd77:2::53
    on server named -g -c "$here/named/named.conf" >"$here/named/log" 2>&1 &
    wait_for 'named' on server python3 "$lab/tools/asks.py" 10.77.2.53 fd77:2::53
    start_dnsdists
}
named_extra=

# answers IP[:PORT] FILE-OF-RULES: a dnsdist at that address; the rules are its own language.
dnsdist_at() {
    needs dnsdist
    address "$1"
    mkdir -p "$here/dnsdist-$1"
    {
        printf 'setLocal("%s:53")\nsetACL("0.0.0.0/0")\n' "$1"
        printf 'newServer({address="10.77.2.53", healthCheckMode="up"})\n'
        cat
    } >"$here/dnsdist-$1/conf"
    dnsdists+=("$1")
}

# It gives up on the company's name server if that does not answer at once, so it starts later.
dnsdists=()
start_dnsdists() {
    local ip
    for ip in "${dnsdists[@]}"; do
        on server dnsdist --supervised --disable-syslog -C "$here/dnsdist-$ip/conf" \
            >"$here/dnsdist-$ip/log" 2>&1 &
        listens 'dnsdist' "$ip"
    done
}

# listens WHAT IP: waits until that name server is there; all of them take TCP too.
listens() { wait_for "$1" on server bash -c "exec 3<>/dev/tcp/$2/53"; }

# wildcard_at IP ADDRESS: a dnsmasq that answers every name with one address, as portals do.
wildcard_at() {
    needs dnsmasq
    address "$1"
    on server dnsmasq --keep-in-foreground --no-resolv --no-hosts --bind-interfaces \
        --listen-address="$1" --address="/#/$2" --pid-file= --user=root \
        >"$here/dnsmasq.log" 2>&1 &
    listens 'dnsmasq' "$1"
}

# validating_at IP: an unbound that validates DNSSEC and asks the company's server.
validating_at() {
    needs unbound
    address "$1"
    mkdir -p "$here/unbound-$1"
    cat >"$here/unbound-$1/conf" <<UNBOUND
server:
    interface: $1
    access-control: 0.0.0.0/0 allow
    directory: "$here/unbound-$1"
    pidfile: ""
    username: ""
    chroot: ""
    use-syslog: no
    do-daemonize: no
    ede: yes
    module-config: "validator iterator"
    do-not-query-localhost: no
    outbound-msg-retry: 1
    local-zone: "test." nodefault
$(printf '%s\n' "${unbound_extra[@]}")
UNBOUND
    on server unbound -d -c "$here/unbound-$1/conf" >"$here/unbound-$1/log" 2>&1 &
    listens 'unbound' "$1"
}
unbound_extra=()

# What the client's system is told about names.
write_client_files() {
    local address
    {
        for address in "${resolvers[@]}"; do printf 'nameserver %s\n' "$address"; done
        [ ${#searches[@]} -eq 0 ] || printf 'search %s\n' "${searches[*]}"
        printf 'options %s\n' "$resolver_options"
    } >"$here/resolv.conf"
    printf '%s\n' "${hosts_lines[@]}" >"$here/hosts"
    printf '%s\n' "$nsswitch" >"$here/nsswitch.conf"
}

# recursive_at IP: see validating_at; it validates what is signed and answers the rest.
recursive_at() {
    unbound_extra+=('stub-zone:' '    name: "."' '    stub-addr: 10.77.2.53')
    [ -z "$trust_anchor" ] || unbound_extra=("    trust-anchor: \"$trust_anchor\"" "${unbound_extra[@]}")
    validating_at "$1"
}
trust_anchor=

# signed_zone DOMAIN 'RECORD' good|bogus: a domain with DNSSEC, whose key the recursive server
# knows. Bogus: the record was changed after it was signed.
signed_zone() {
    local domain=$1 record=$2 folder=$here/named key
    needs dnssec-signzone
    mkdir -p "$folder"
    (
        cd "$folder"
        printf '$TTL 60\n@ IN SOA ns.test. admin.test. 1 3600 900 86400 60\n@ IN NS ns.test.\n%s\n' "$record" >zone
        dnssec-keygen -q -a ECDSAP256SHA256 -f KSK "$domain" >/dev/null
        dnssec-signzone -q -S -P -o "$domain" zone >/dev/null 2>&1
    ) || malformed 'the zone could not be signed'
    [ "$3" = good ] || sed -i 's/10\.77\.2\.2$/10.77.2.9/' "$folder/zone.signed"
    key=$(cat "$folder"/K"$domain".*.key | grep -v '^;')
    trust_anchor=$(tr '\t' ' ' <<<"$key")
    named_extra+="zone \"$domain\" { type primary; file \"zone.signed\"; };
"
}
