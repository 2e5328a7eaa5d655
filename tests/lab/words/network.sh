# The network: client 10.77.1.2 -- router -- server, with room for several networks behind the
# router. Nothing leaves this computer; no address here leads anywhere.
#
#   10.77.1.0/24  fd77:1::/64   the client's network, router .1
#   10.77.2.0/24  fd77:2::/64   the company's servers
#   10.77.3.0/24                a second site of the company
#   198.18.1.0/24               the Internet, one provider
#   198.19.2.0/24               the Internet, another provider

server_networks=(10.77.2 10.77.3 198.18.1 198.19.2)

network() {
    local ns
    mount -t tmpfs tmpfs /run
    # Names there are made of process numbers, and every lab counts these from 1.
    mount -t tmpfs tmpfs /dev/shm
    mkdir -p /run/netns
    for ns in client router server; do
        ip netns add "$ns"
        ip -n "$ns" link set lo up
        on "$ns" sysctl -qw net.ipv6.conf.all.accept_dad=0 net.ipv6.conf.default.accept_dad=0
    done
    ip -n router link add inner type veth peer name uplink netns client
    ip -n router link add outer type veth peer name uplink netns server
    # Without the last two, repeated rejections are not sent at all.
    on router sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1 \
        net.ipv4.icmp_ratelimit=0 net.ipv6.icmp.ratelimit=0
    client_side
    server_side
    address 10.77.2.2
    address fd77:2::2
}

client_side() {
    ip -n client addr add 10.77.1.2/24 dev uplink
    ip -n client addr add fd77:1::2/64 dev uplink nodad
    ip -n router addr add 10.77.1.1/24 dev inner
    ip -n router addr add fd77:1::1/64 dev inner nodad
    ip -n client link set uplink up
    ip -n router link set inner up
    neighbours client uplink router inner
    ip -n client route add default via 10.77.1.1
    ip -n client route add default via fd77:1::1
}

server_side() {
    local net
    for net in "${server_networks[@]}"; do
        ip -n router addr add "$net.1/24" dev outer
        ip -n server addr add "$net.254/24" dev uplink
    done
    ip -n router addr add fd77:2::1/64 dev outer nodad
    ip -n server addr add fd77:2::254/64 dev uplink nodad
    ip -n server link set uplink up
    ip -n router link set outer up
    neighbours server uplink router outer
    ip -n server route add default via 10.77.2.1
    ip -n server route add default via fd77:2::1
}

# Without addresses of its own for the link, IPv6 is of no use for the first second.
neighbours() {
    ip -n "$1" addr add fe80::2/64 dev "$2" nodad
    ip -n "$3" addr add fe80::1/64 dev "$4" nodad
}

# on NAMESPACE COMMAND…: runs it there.
on() {
    local ns=$1
    shift
    ip netns exec "$ns" "$@"
}

server_addresses=()
# address IP: the server has this address too.
address() {
    case " ${server_addresses[*]} " in *" $1 "*) return ;; esac
    server_addresses+=("$1")
    add_address "$1"
}

add_address() {
    case $1 in
    *:*) ip -n server addr add "$1/64" dev uplink nodad ;;
    *) ip -n server addr add "$1/24" dev uplink ;;
    esac
}

# firewall RULE…: what the router does with packets it forwards.
firewall() { rules router wall 'filter hook forward priority 0' "$@"; }

# redirect RULE…: where the router sends packets of its own accord.
redirect() { rules router detour 'nat hook prerouting priority -100' "$@"; }

# protection RULE…: what security software on the client does with packets it sends.
protection() { rules client protection 'filter hook output priority 0' "$@"; }

# rules NAMESPACE TABLE HOOK RULE…
rules() {
    local ns=$1 table=$2 hook=$3 rule
    shift 3
    {
        printf 'table inet %s {\n chain rules {\n  type %s; policy accept;\n' "$table" "$hook"
        for rule; do printf '  %s\n' "$rule"; done
        printf ' }\n}\n'
    } | on "$ns" nft -f -
}

# link OPTION…: the line between client and router: --delay MS (one way), --loss PERCENT,
# --mtu BYTES, --seed N. A program of our own carries the frames.
link() {
    ip -n router link del inner
    wire inner client "$@"
    client_side
    wait_for 'the line' on client ping -c1 -W1 10.77.1.1
}

# link_behind OPTION…: the same between router and server, so that the router is near and the
# server far.
link_behind() {
    local one
    ip -n router link del outer
    wire outer server "$@"
    server_side
    for one in "${server_addresses[@]}"; do add_address "$one"; done
    wait_for 'the line' on server ping -c1 -W1 10.77.2.1
}

wire() {
    local end=$1 ns=$2
    shift 2
    needs ethtool
    ip netns add wire
    ip -n wire link add one type veth peer name uplink netns "$ns"
    ip -n wire link add two type veth peer name "$end" netns router
    # The frames are copied as they are, so the kernel must finish their checksums and sizes.
    on "$ns" ethtool -K uplink tx off tso off gso off gro off >/dev/null 2>&1
    on router ethtool -K "$end" tx off tso off gso off gro off >/dev/null 2>&1
    ip -n wire link set one up
    ip -n wire link set two up
    on wire python3 "$lab/tools/link.py" one two "$@" &
}

# vpn NAME up|down: a tunnel of a VPN program on the client; up with an address of its own.
vpn() {
    on client ip tuntap add dev "$1" mode tun 2>/dev/null || ip -n client link add "$1" type wireguard 2>/dev/null ||
        { printf 'left out: no tunnel can be made here\n' >"$here/outcome"; exit 77; }
    [ "$2" = down ] || { ip -n client addr add 10.99.0.2/24 dev "$1"; ip -n client link set "$1" up; }
}
