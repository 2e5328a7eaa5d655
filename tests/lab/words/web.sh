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
    printf 'subjectAltName=%s\nextendedKeyUsage=%s\n%s\n' "$names" serverAuth "$leaf_lines" >"$file.ext"
    case $kind in
    good) sign "$file" "$pki/ca" -days 300 ;;
    unknown) sign "$file" "$pki/other" -days 300 ;;
    expired) sign "$file" "$pki/ca" -days -1 ;;
    rsa)
        openssl genrsa -out "$file.key" 2048 2>/dev/null
        openssl req -new -key "$file.key" -subj "/CN=$1" -out "$file.csr" 2>/dev/null
        sign "$file" "$pki/ca" -days 300
        ;;
    long) sign "$file" "$pki/ca" -days 2200 ;;
    company) sign "$file" "$company" -days 300 ;;
    company-chain) sign "$file" "$company" -days 300; cat "$company.crt" >>"$file.crt" ;;
    soon) sign "$file" "$pki/ca" -days 3 ;;
    cn) printf 'extendedKeyUsage=serverAuth\n' >"$file.ext"; sign "$file" "$pki/ca" -days 300 ;;
    everything) sed -i /=serverAuth/d "$file.ext"; sign "$file" "$pki/ca" -days 300 ;;
    p521)
        openssl ecparam -name secp521r1 -genkey -noout -out "$file.key" 2>/dev/null
        openssl req -new -key "$file.key" -subj "/CN=$1" -out "$file.csr" 2>/dev/null
        sign "$file" "$pki/ca" -days 300
        ;;
    client) sed -i 's/serverAuth/clientAuth/' "$file.ext"; sign "$file" "$pki/ca" -days 300 ;;
    early)
        needs faketime
        faketime '+9 days' openssl x509 -req -in "$file.csr" -CA "$pki/ca.crt" -CAkey "$pki/ca.key" \
            -set_serial 9 -extfile "$file.ext" -days 300 -out "$file.crt" 2>/dev/null
        ;;
    weak)
        openssl genrsa -out "$file.key" "${weak_bits:-1024}" 2>/dev/null
        openssl req -new -key "$file.key" -subj "/CN=$1" -out "$file.csr" 2>/dev/null
        sign "$file" "$pki/ca" -days 300
        ;;
    rsa-of-company)
        openssl genrsa -out "$file.key" 2048 2>/dev/null
        openssl req -new -key "$file.key" -subj "/CN=$1" -out "$file.csr" 2>/dev/null
        sign "$file" "$company" -days 300
        ;;
    sha1) sign "$file" "$pki/ca" -days 300 -sha1 ;;
    self) openssl x509 -req -in "$file.csr" -signkey "$file.key" -days 300 -extfile "$file.ext" -out "$file.crt" 2>/dev/null ;;
    *) malformed "no kind of certificate is called $kind" ;;
    esac
    cat "$file.crt" "${above[@]}" "$file.key" >"$file"
    printf '%s' "$file"
}

# authority NAME [OPENSSL-OPTION…]: the company's own, for certificates of the kind `company`; made
# at another time (`authority_at`), it has run out or not begun.
authority() {
    company=$here/$1
    openssl ecparam -name prime256v1 -genkey -noout -out "$company.key"
    ${authority_at:+faketime "$authority_at"} openssl req -x509 -new -key "$company.key" -days 3000 -subj "/CN=$1" \
        -addext "keyUsage=critical,${authority_usage:-keyCertSign}" "${@:2}" -out "$company.crt"
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

# The same with a login page of its own.
forms_locations='
    location = / { return 301 /hub/; }
    location = /hub/ { return 302 https://$http_host/internal_forms_authentication/?targetId=$request_id; }
    location /internal_forms_authentication/ { default_type text/html; return 200 "<html><body><form method=post><input name=username><input type=password name=pwd></form></body></html>"; }
    location = /qps/user { default_type application/json; return 200 "{\"session\":\"inactive\",\"loginUri\":\"https://$http_host/internal_forms_authentication/?targetId=$request_id\"}"; }
    location / { return 404; }'

# login_at URL: the answers of a hub whose login is elsewhere.
login_at() {
    printf 'location = / { return 301 /hub/; } location = /hub/ { return 302 "%s"; }' "$1"
    printf 'location = /qps/user { default_type application/json; return 200 "{\\"session\\":\\"inactive\\",\\"loginUri\\":\\"%s\\"}"; }' "$1"
}

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
tls_versions='TLSv1.2 TLSv1.3'
web_connections=256
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
events { worker_connections $web_connections; }
http {
    access_log off; server_tokens off; ssl_protocols $tls_versions;
    server_names_hash_bucket_size 256;
    client_body_temp_path $1/a; proxy_temp_path $1/b;
    fastcgi_temp_path $1/c; uwsgi_temp_path $1/d; scgi_temp_path $1/e;
    map \$http_upgrade \$upgraded { default upgrade; '' ''; }
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

# tls_server NAME ADDRESS PORT [OPTION…]: OpenSSL's own server, which speaks TLS and nothing else;
# its options choose protocols, methods and client certificates.
tls_server() {
    local pem
    address "$2"
    pem=$(certificate "${tls_server_kind:-good}" "$1")
    on server openssl s_server -quiet -www -accept "$2:$3" -key "$pem.key" -cert "$pem.crt" \
        "${@:4}" >"$here/tls_server" 2>&1 &
    wait_for 'the server of OpenSSL' on server bash -c "exec 3<>/dev/tcp/$2/$3"
}

# haproxy_hub NAME BIND-OPTIONS: HAProxy before a hub.
haproxy_hub() {
    local pem
    needs haproxy
    record "$1" A 10.77.2.2
    pem=$(certificate good "$1")
    http _ 10.77.2.2 8080 "${hub_locations//\$http_host/$1}"
    cat >"$here/haproxy.conf" <<HAPROXY
defaults
    mode http
    timeout connect 5s
    timeout client 60s
    timeout server 60s
listen hub
    bind 10.77.2.2:443 ssl crt $pem $2
    server hub 10.77.2.2:8080
HAPROXY
    on server haproxy -db -f "$here/haproxy.conf" >"$here/haproxy" 2>&1 &
    wait_for 'HAProxy' on server bash -c 'exec 3<>/dev/tcp/10.77.2.2/443'
}

# balancer NAME ADDRESS LINE…: HAProxy, which ends TLS and passes everything on to that server.
balancer() {
    local pem
    needs haproxy
    record "$1" A 10.77.2.2
    pem=$(certificate good "$1")
    cat >"$here/haproxy.conf" <<HAPROXY
defaults
    mode http
    timeout connect 5s
    timeout client 60s
    timeout server 60s
    timeout tunnel 300s
listen hub
    bind 10.77.2.2:443 ssl crt $pem
    $(printf '%s\n' "${@:3}")
    server one $2:443 ssl verify none cookie one
HAPROXY
    on server haproxy -db -f "$here/haproxy.conf" >"$here/haproxy" 2>&1 &
    wait_for 'HAProxy' on server bash -c 'exec 3<>/dev/tcp/10.77.2.2/443'
}

# apache_hub NAME: the hub's answers from Apache, which closes after each and speaks HTTP/1.0.
apache_hub() {
    local dir=$here/apache pem
    needs apache2
    record "$1" A 10.77.2.2
    pem=$(certificate good "$1")
    mkdir -p "$dir"
    cat >"$dir/conf" <<APACHE
ServerName $1
ServerRoot $dir
PidFile $dir/pid
ErrorLog $dir/log
Listen 10.77.2.2:443
KeepAlive Off
$(for one in mpm_event authz_core alias rewrite ssl headers env; do
    printf 'LoadModule %s_module /usr/lib/apache2/modules/mod_%s.so\n' "$one" "$one"
done)
$([ "$(id -u)" != 0 ] || printf 'User www-data\nGroup www-data\n')
SetEnv downgrade-1.0 1
SetEnv force-response-1.0 1
SSLEngine on
SSLCertificateFile $pem.crt
SSLCertificateKeyFile $pem.key
RewriteEngine on
RewriteRule ^/$ /hub/ [R=301,L]
RewriteRule ^/hub/$ https://$1/internal_windows_authentication/?targetId=4711 [R=302,L]
RewriteRule ^/internal_windows_authentication/ - [R=401,L]
Header always set WWW-Authenticate NTLM "expr=%{REQUEST_STATUS} == 401"
APACHE
    on server apache2 -X -f "$dir/conf" >"$dir/out" 2>&1 &
    wait_for 'Apache' test -s "$dir/pid"
}
