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
# certificate. Words: a second login port, `behind` a server that does the login, `bare` without TLS.
practice_hub() {
    local case=$1 name=$2 ip=${3:-10.77.2.2} port=${4:-443} pem log words=("${@:5}")
    log=$here/practice-$name.log
    address "$ip"
    case " ${words[*]} " in
    *' behind '* | *' bare '*) pem=- ;;
    *) record "$name" A "$ip"; pem=$(certificate "${practice_kind:-good}" "$name") ;;
    esac
    [ "$pem" = - ] || pem=$pem
    on server "$(practice_program)" "$case" "$name" "$ip:$port" "$pem" "${words[@]}" >"$log" 2>&1 &
    wait_for 'the practice hub' grep -q listening "$log"
}

# attempts_at NAME: how many logins that hub counted.
attempts_at() { grep -c '^attempt' "$here/practice-$1.log" || true; }

# The account every practice hub knows, and its API key.
practice_account='PRACTICE\user'
practice_password='Käse&Brot+42="x'
practice_key='eyJhbGciOiJFUzM4NCJ9.cHJhY3RpY2Uta2V5.c2lnbmF0dXJlLW9mLXByYWN0aWNl'

# as ACCOUNT PASSWORD: whoever logs in with the program; without words the account of the practice hub.
as() {
    login=(--login "${1:-$practice_account}")
    environment "HUBLINK_PASSWORD=${2:-$practice_password}"
}
# with_key [KEY]: the API key for Qlik Cloud.
with_key() { environment "HUBLINK_API_KEY=${1:-$practice_key}"; }
login=()
