# A filter that reads the name in the greeting, as web filters do.

# name_filter NAME drop|reset: the router lets no greeting pass that holds this name.
name_filter() {
    local verdict=(-j DROP)
    needs iptables
    [ "$2" = drop ] || verdict=(-j REJECT --reject-with tcp-reset)
    on router iptables -A FORWARD -p tcp --dport 443 -m string --algo bm --string "$1" "${verdict[@]}"
}

# filtered_text TEXT: a device between the server in front of the hub and the hub resets connections
# whose packets hold this text.
filtered_text() {
    needs iptables
    on server iptables -A OUTPUT -o lo -p tcp --dport 8080 -m string --algo bm --icase --string "$1" \
        -j REJECT --reject-with tcp-reset
}
