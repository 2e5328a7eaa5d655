# Clocks of the servers. The client's own is set by `clock`.

# hub_with_clock NAME ADDRESS OFFSET: a hub of its own, whose computer's clock is off.
hub_with_clock() {
    local pem dir=$here/hub-$1
    needs faketime
    needs nginx
    record "$1" A "$2"
    address "$2"
    mkdir -p "$dir"
    pem=$(certificate good "$1")
    nginx_configuration "$dir" "server { listen $2:443 ssl; server_name $1;
        ssl_certificate $pem; ssl_certificate_key $pem; $hub_locations }" >"$dir/conf"
    on server faketime "$3" nginx -c "$dir/conf" -e "$dir/log" >"$dir/out" 2>&1 &
    wait_for 'the hub with another clock' test -s "$dir/pid"
}
