# Web servers: nginx as the hub and as whatever stands in its place.

nginx_servers=

# certificate KIND NAME…: makes one, prints the path of its PEM (key in the same file).
certificate() {
    local kind=$1 names='' name file
    shift
    file=$here/cert-$kind-${1//[^a-z0-9.-]/_}.pem
    [ ! -e "$file" ] || { printf '%s' "$file"; return; }
    for name; do
        case $name in
        *[!0-9.:a-f]* | *[g-z]*) names+=${names:+,}DNS:$name ;;
        *) names+=${names:+,}IP:$name ;;
        esac
    done
    openssl ecparam -name prime256v1 -genkey -noout -out "$file.key" 2>/dev/null
    openssl req -new -key "$file.key" -subj "/CN=$1" -out "$file.csr" 2>/dev/null
    printf 'subjectAltName=%s\nextendedKeyUsage=serverAuth\n' "$names" >"$file.ext"
    case $kind in
    good) sign "$file" "$pki/ca" -days 300 ;;
    unknown) sign "$file" "$pki/other" -days 300 ;;
    expired) sign "$file" "$pki/ca" -days -1 ;;
    self) openssl x509 -req -in "$file.csr" -signkey "$file.key" -days 300 -extfile "$file.ext" -out "$file.crt" 2>/dev/null ;;
    *) malformed "no kind of certificate is called $kind" ;;
    esac
    cat "$file.crt" "$file.key" >"$file"
    printf '%s' "$file"
}

sign() {
    local file=$1 issuer=$2
    shift 2
    openssl x509 -req -in "$file.csr" -CA "$issuer.crt" -CAkey "$issuer.key" \
        -set_serial "0x$(openssl rand -hex 8)" -extfile "$file.ext" "$@" -out "$file.crt" 2>/dev/null
}

# The answers of a Qlik hub to somebody who is not logged in.
hub_locations='
    location = / { return 301 /hub/; }
    location = /hub/ { return 302 https://$http_host/internal_windows_authentication/?targetId=$request_id; }
    location /internal_windows_authentication/ { add_header WWW-Authenticate NTLM always; return 401; }
    location = /qps/user { default_type application/json; return 200 "{\"session\":\"inactive\",\"loginUri\":\"https://$http_host/internal_windows_authentication/?targetId=$request_id\"}"; }
    location / { return 404; }'

# hub NAME [ADDRESS…]: a Qlik hub of that name, in DNS and at these addresses (10.77.2.2).
hub() {
    local name=$1 address
    shift
    [ $# -gt 0 ] || set -- 10.77.2.2
    for address; do
        case $address in
        *:*) record "$name" AAAA "$address" ;;
        *) record "$name" A "$address" ;;
        esac
        https "$name" "$address" 443 "$hub_locations"
    done
}

# https NAME ADDRESS PORT LOCATIONS [KIND [NAME-IN-THE-CERTIFICATE…]]: a server with a certificate
# of that kind (good).
https() {
    local pem names=("${@:6}")
    address "$2"
    [ ${#names[@]} -gt 0 ] || names=("$1")
    pem=$(certificate "${5:-good}" "${names[@]}")
    server "$2" "$3 ssl" "$1" "ssl_certificate $pem; ssl_certificate_key $pem; $4"
}

# site NAME LOCATIONS [ADDRESS]: a web server that is no hub unless its locations say so, in DNS.
site() {
    record "$1" A "${3:-10.77.2.2}"
    https "$1" "${3:-10.77.2.2}" 443 "$2"
}

# http NAME ADDRESS PORT LOCATIONS
http() {
    address "$2"
    server "$2" "$3" "$1" "$4"
}

server() {
    local at=$1
    case $at in *:*) at="[$at]" ;; esac
    nginx_servers+="
server { listen $at:$2; server_name $3; $4 }"
}

nginx_http=
start_web() {
    [ -n "$nginx_servers" ] || return 0
    needs nginx
    mkdir -p "$here/nginx"
    nginx_configuration "$here/nginx" "$nginx_servers" >"$here/nginx/conf"
    on server nginx -c "$here/nginx/conf" -e "$here/nginx/log" >"$here/nginx/out" 2>&1 &
    wait_for 'nginx' test -s "$here/nginx/pid"
}

# nginx_configuration FOLDER SERVERS
nginx_configuration() {
    cat <<NGINX
daemon off; pid $1/pid; error_log $1/log;
$( [ "$(id -u)" != 0 ] || echo 'user root;' )
worker_processes 1;
events { worker_connections 256; }
http {
    access_log off; server_tokens off; ssl_protocols TLSv1.2 TLSv1.3;
    server_names_hash_bucket_size 256;
    client_body_temp_path $1/a; proxy_temp_path $1/b;
    fastcgi_temp_path $1/c; uwsgi_temp_path $1/d; scgi_temp_path $1/e;
    $nginx_http
    $2
}
NGINX
}

# raw PORT [ADDRESS] BEHAVIOUR…: a server that misbehaves on purpose, see tools/raw.py.
raw() {
    address "${2:-10.77.2.2}"
    on server python3 "$lab/tools/raw.py" "${2:-10.77.2.2}" "$1" "${@:3}" >"$here/raw.log" 2>&1 &
    wait_for 'the raw server' grep -q listening "$here/raw.log"
}

# late_hub NAME SECONDS [first]: a hub whose answers, or only those of its first seconds, are late.
late_hub() {
    address 10.77.2.2
    http _ 10.77.2.2 8080 "${hub_locations//\$http_host/$1}"
    on server python3 "$lab/tools/late.py" 10.77.2.2 8081 8080 "$2" ${3:+"$3"} >"$here/late.log" 2>&1 &
    wait_for 'the late server' grep -q listening "$here/late.log"
    site "$1" 'location / { proxy_pass http://10.77.2.2:8081; proxy_set_header Host $http_host; proxy_read_timeout 300s; }'
}

# page FILE BYTES: a long page for `root`; prints the folder it is in.
page() {
    mkdir -p "$here/pages"
    chmod 755 "$here" "$here/pages"
    head -c "$2" /dev/zero | tr '\0' x >"$here/pages/$1"
    printf '%s' "$here/pages"
}

# tls_server NAME ADDRESS PORT: OpenSSL's own server, which speaks TLS and nothing else.
tls_server() {
    local pem
    address "$2"
    pem=$(certificate good "$1")
    on server openssl s_server -quiet -www -accept "$2:$3" -key "$pem.key" -cert "$pem.crt" >"$here/tls_server" 2>&1 &
    wait_for 'the server of OpenSSL' on server bash -c "exec 3<>/dev/tcp/$2/$3"
}
