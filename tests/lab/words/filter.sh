# A filter that reads the name in the greeting, as web filters do.

# name_filter NAME drop|reset: the router lets no greeting pass that holds this name.
name_filter() {
    local verdict=(-j DROP)
    needs iptables
    [ "$2" = drop ] || verdict=(-j REJECT --reject-with tcp-reset)
    on router iptables -A FORWARD -p tcp --dport 443 -m string --algo bm --string "$1" "${verdict[@]}"
}
