# The practice hub, for the steps that only Qlik's own server knows: a program that listens where the
# lab tells it to, with a certificate of the lab's.

practice_program() {
    local place
    for place in "$(dirname "$hublink")" "$lab/../../target/debug"; do
        [ ! -x "$place/examples/practice-hub" ] || { printf '%s' "$place/examples/practice-hub"; return; }
    done
    printf 'left out: the practice hub is not built\n' >"$here/outcome"
    exit 77
}

# practice_hub CASE NAME [ADDRESS [PORT [WORD…]]]: that hub of the practice world, in DNS and with a
# certificate, which holds `practice_names` too. Words: a second login port, `behind` a server that does
# the login and TLS, `unnamed` for a hub that others stand in front of.
practice_names=()
practice_hub() {
    local case=$1 name=$2 ip=${3:-10.77.2.2} port=${4:-443} pem words=("${@:5}") program log=$here/practice-$2.log
    program=$(practice_program)
    address "$ip"
    pem=$(certificate good "$name" "${practice_names[@]}")
    case " ${words[*]} " in
    *' behind '*) pem=- ;;
    *' unnamed '*) ;;
    *) record "$name" A "$ip" ;;
    esac
    on server "$program" "$case" "$name" "$ip:$port" "$pem" "${words[@]}" >"$log" 2>&1 &
    wait_for 'the practice hub' grep -q listening "$log"
}

# practice_behind CASE NAME LINE…: that hub behind nginx, which ends TLS and passes everything on as the
# lines say.
practice_behind() {
    practice_hub "$1" "$2" 10.77.2.20 443 unnamed
    passed_on "$2" https://10.77.2.20 "${@:3}"
}

# passed_on NAME URL LINE…: nginx in front of that server, which passes everything on as the lines say.
# What a good reverse proxy in front of a hub needs stands in `well_passed_on`.
passed_on() {
    site "$1" "location / { proxy_pass $2; proxy_set_header Host \$http_host; proxy_buffering off;
        $(printf '%s\n' "${@:3}") }"
}
well_passed_on='proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection $upgraded;
    proxy_read_timeout 300s;'

# attempts_at NAME: how many logins that practice hub counted.
attempts_at() { grep -c '^attempt' "$here/practice-$1.log" || true; }

# The account every practice hub knows, and its API key.
practice_account='PRACTICE\user'
practice_password='Käse&Brot+42="x'
practice_key='eyJhbGciOiJFUzM4NCJ9.cHJhY3RpY2Uta2V5.c2lnbmF0dXJlLW9mLXByYWN0aWNl'

# as [ACCOUNT PASSWORD]: whoever logs in with the program; without words the account of the practice hub.
login=()
as() {
    login=(--login "${1:-$practice_account}")
    environment "HUBLINK_PASSWORD=${2:-$practice_password}"
}

# with_key [KEY]: the API key for Qlik Cloud.
with_key() { environment "HUBLINK_API_KEY=${1:-$practice_key}"; }

# link_to URL [NAME]: the link that the management console would hand out.
link_to() { "$hublink" link make --url "$1" ${2:+--name "$2"}; }
