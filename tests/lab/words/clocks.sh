# Clocks of servers that are off. The client's own is set by `clock`.

# hub_with_clock NAME ADDRESS OFFSET: a hub whose computer's clock is off.
hub_with_clock() { web_with_clock "$1" "$2" "$3" "$hub_locations"; }

# web_with_clock NAME ADDRESS OFFSET LOCATIONS: the same with any web server.
web_with_clock() {
    local pem dir=$here/web-$1
    needs faketime
    needs nginx
    record "$1" A "$2"
    address "$2"
    mkdir -p "$dir"
    pem=$(certificate good "$1")
    nginx_configuration "$dir" "server { listen $2:443 ssl; server_name $1;
        ssl_certificate $pem; ssl_certificate_key $pem; $4 }" >"$dir/conf"
    on server faketime "$3" nginx -c "$dir/conf" -e "$dir/log" >"$dir/out" 2>&1 &
    wait_for 'the web server with another clock' test -s "$dir/pid"
}
