# Running the program, and what is expected of it.

environment=()
faketime=()
arguments=()
expectations=()
what=

# broken 'SENTENCE': what is wrong in this world. `healthy 'SENTENCE'` for what must not be accused.
broken() { what=$1; }
healthy() { what=$1; }

# waits: this scenario takes a minute or more; the runner begins with it.
waits() { :; }

# environment NAME=VALUE…: for the program.
environment() { environment+=("$@"); }

# clock '+2 years': the client's clock is off.
clock() {
    needs faketime
    faketime=(faketime "$1")
}

# needs COMMAND: without it the scenario is left out, and that is said.
needs() {
    command -v "$1" >/dev/null || { printf 'left out: %s is not installed\n' "$1" >"$here/outcome"; exit 77; }
}

malformed() {
    printf 'malformed: %s\n' "$1" >"$here/outcome"
    exit 1
}

wait_for() {
    local name=$1 try
    shift
    for try in $(seq 200); do
        "$@" >/dev/null 2>&1 && return
        sleep 0.05
    done
    malformed "$name did not start: $(tail -n 3 "$here"/*/log 2>/dev/null | tr '\n' ' ')"
}

# doctor ARGUMENT…: starts what the words above asked for, then runs the program in it.
doctor() {
    start_names
    start_web
    start_proxy
    write_client_files
    arguments=(doctor --format json --ca-file "$pki/ca.crt" "${login[@]}" "$@")
    printf 'hublink doctor %s\n' "$*" >"$here/command"
    at_the_client "$hublink" "${arguments[@]}" >"$here/report.json" 2>"$here/stderr" || true
    case ${scenario#"$lab/scenarios/"} in tls/* | certificate/* | healthy/*) ask_peer "$@" ;; esac
}

# at_the_client COMMAND…: runs a program on the client, with its files, settings and clock.
at_the_client() {
    on client unshare --mount sh -c '
        mount --bind "$1/resolv.conf" /etc/resolv.conf &&
        mount --bind "$1/hosts" /etc/hosts &&
        mount --bind "$1/nsswitch.conf" /etc/nsswitch.conf && shift && exec "$@"' \
        sh "$here" env "${environment[@]}" "${faketime[@]}" "$@"
}

# ask_peer ARGUMENT…: what curl, with OpenSSL and the same roots, says of the same https address; its
# exit code goes to `peer`, for the table of `tools/peers.py`.
ask_peer() {
    local url=${*: -1} roots=("$pki/ca.crt") setting status=0
    case $url in https://*) ;; *) return ;; esac
    command -v curl >/dev/null || return 0
    while [ $# -gt 1 ]; do
        [ "$1" != --ca-file ] || roots+=("$2")
        shift
    done
    for setting in "${environment[@]}"; do
        case $setting in SSL_CERT_FILE=*) roots+=("${setting#*=}") ;; esac
    done
    cat "${roots[@]}" >"$here/roots.pem"
    at_the_client curl --silent --show-error --output /dev/null --max-time 4 \
        --cacert "$here/roots.pem" "$url" 2>"$here/peer.err" || status=$?
    printf '%s\n' "$status" >"$here/peer"
}

# expect no CAUSE OWNER CONFIDENCE | yes [SEVERITY CAUSE]… | unknown [CAUSE]: of the first hub.
expect() { expectations+=("1 $*"); }
# expect_hub NUMBER …: of another one.
expect_hub() { expectations+=("$*"); }
# expect_one CAUSE OWNER CONFIDENCE: of one of the hubs, whichever; of the others it cannot be told.
expect_one() { expectations+=("one $*"); }
# expect_also CAUSE OWNER CONFIDENCE: beside the verdict of the first hub.
expect_also() { expectations+=("also $*"); }
# expect_across CAUSE OWNER CONFIDENCE: what the comparison of the hubs must show.
expect_across() { expectations+=("across $*"); }

# counted WHAT EXPECTED SEEN: a number that a server counted.
counted() {
    counts+="; $1: $3"
    [ "$2" = "$3" ] || miscounted+=" $1: $3, not $2;"
}
counts=
miscounted=

judge() {
    [ -n "$what" ] || malformed 'it does not say what is broken'
    [ ${#expectations[@]} -gt 0 ] || malformed 'it expects nothing'
    [ -s "$here/report.json" ] || malformed "no report: $(head -c 300 "$here/stderr")"
    printf '%s\n' "${expectations[@]}" | python3 "$lab/tools/judge.py" "$here/report.json" >"$here/judged"
    [ -z "$miscounted" ] || printf 'WRONG:%s ' "$miscounted" >"$here/outcome"
    printf '%s%s\n' "$(cat "$here/judged")" "$counts" >>"$here/outcome"
    [ -z "${review:-}" ] || reviewed
}

# The report judged again, offline, as it is and with pseudonyms: whatever differs is a wrong outcome.
reviewed() {
    local again=("$hublink" review --format json "$here/report.json")
    "${again[@]}" >"$here/review.json" 2>>"$here/stderr" || true
    "${again[@]}" --redact strict >"$here/hidden.json" 2>>"$here/stderr" || true
    python3 "$lab/tools/review.py" "$here/report.json" "$here/review.json" "$here/hidden.json" >"$here/differs" || {
        printf 'WRONG: reviewed otherwise: %s\n' "$(head -n 1 "$here/differs")" >"$here/outcome"
    }
}
