#!/usr/bin/env bash
# One world, and everybody's look at it. `run` starts it in fresh namespaces; all ends with it.
set -euo pipefail

lab=$1 hublink=$2 pki=$3 here=$4 scenario=$5 runs=$6 samples=$7
bench=$(dirname "$0")
for words in "$lab"/words/*.sh; do
    # shellcheck source=/dev/null
    . "$words"
done

# world 'SENTENCE': what it is.
world() { sentence=$1; }

# hubs NUMBER: so many healthy ones, each with a name and an address of its own, 10.78.0.1 and on.
hubs() {
    local pem n name address=10.78
    : >"$here/hubs"
    for ((n = 1; n <= $1; n++)); do
        name=$(printf 'hub%04d.corp.test' "$n")
        record "$name" A "$address.$((n / 250)).$((n % 250))"
        printf '%s\n' "$name" >>"$here/hubs"
    done
    # The whole network is the server's own.
    on server ip route add local 10.78.0.0/16 dev lo
    on router ip route add 10.78.0.0/16 via 10.77.2.254
    pem=$(certificate good '*.corp.test')
    server 0.0.0.0 '443 ssl backlog=4096' _ "ssl_certificate $pem; ssl_certificate_key $pem; $hub_locations"
}

# expected CAUSE…: what is wrong there, for the column that says who found it.
expected() { expected+=("$@"); }
expected=()

# programs NAME…: who looks.
programs() { programs=("$@"); }

measure() {
    start_names
    start_web
    write_client_files
    links
    at_the_client python3 "$bench/tools/measure.py" --sentence "$sentence" --runs "$runs" --hubs "$here/hubs" \
        --hublink "$hublink" --ca "$pki/ca.crt" --ini "$here/hubs.ini" --scratch "$here" --out "$samples" \
        --expected "${expected[*]}" "${programs[@]}"
}

# The hubs as an administrator would hand them out.
links() {
    local name
    while IFS= read -r name; do
        "$hublink" link make --url "https://$name" --name "$name" --ini
    done <"$here/hubs" >"$here/hubs.ini"
}

network
web_connections=8192
# shellcheck source=/dev/null
. "$scenario"
measure
