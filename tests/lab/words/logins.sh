# Logins of other makers in front of a practice hub: they verify who somebody is; the hub behind them
# gives ticket, cookie and everything after.

company_account='CORP\alice'
company_password='Wander-Weg_73'

# behind NAME CASE: the practice hub that a front speaks to.
behind() { practice_hub "$2" "$1" 10.77.2.20 8080 behind; }

# apache_login NAME CASE LINE…: Apache, which does the Windows login with mod_auth_gssapi; the lines
# say how. Everything else it passes to the hub behind it.
apache_login() {
    [ -e /usr/lib/apache2/modules/mod_auth_gssapi.so ] || lacks mod_auth_gssapi
    apache_front "$1" "$2" <<APACHE
LoadModule auth_gssapi_module /usr/lib/apache2/modules/mod_auth_gssapi.so
<Location /internal_windows_authentication/>
    AuthType GSSAPI
    AuthName hub
    GssapiConnectionBound On
    Require valid-user
    RequestHeader set X-Front-User expr=%{REMOTE_USER}
    $(printf '%s\n' "${@:3}")
</Location>
SetEnvIf Authorization "^(NTLM|Negotiate) TlRMTVNTUAAD" third
CustomLog $here/apache/third "%{X-Front-User}i %>s" env=third
APACHE
}
apache_environment=()
apache_address=10.77.2.2

# apache_front NAME CASE: Apache with TLS, which passes everything on to the hub behind it; its further
# settings come from standard input. `apache_address` beforehand puts it behind another server.
apache_front() {
    local name=$1 dir=$here/apache pem
    needs apache2
    behind "$name" "$2"
    address "$apache_address"
    [ "$apache_address" != 10.77.2.2 ] || record "$name" A 10.77.2.2
    pem=$(certificate good "$name")
    mkdir -p "$dir"
    chmod 777 "$here" "$dir"
    { apache_base "$name" "$dir" "$pem"; cat; } >"$dir/conf"
    on server env "${apache_environment[@]}" apache2 -X -f "$dir/conf" >"$dir/out" 2>&1 &
    wait_for 'Apache' test -s "$dir/pid"
}

apache_base() {
    cat <<APACHE
ServerName $1
ServerRoot $2
PidFile $2/pid
ErrorLog $2/log
LogLevel warn
Listen $apache_address:443
KeepAlive On
$(for one in mpm_event authn_core authz_core authz_user alias rewrite ssl headers env setenvif \
    proxy proxy_http proxy_wstunnel; do
    printf 'LoadModule %s_module /usr/lib/apache2/modules/mod_%s.so\n' "$one" "$one"
done)
$([ "$(id -u)" != 0 ] || printf 'User www-data\nGroup www-data\n')
SSLEngine on
SSLCertificateFile $3.crt
SSLCertificateKeyFile $3.key
RequestHeader unset X-Front-User early
ProxyPreserveHost On
RewriteEngine On
RewriteCond %{HTTP:Upgrade} =websocket [NC]
RewriteRule ^/(.*)$ ws://10.77.2.20:8080/\$1 [P,L]
ProxyPass /saml !
ProxyPass /oidc !
ProxyPass / http://10.77.2.20:8080/
APACHE
}

# ntlm_accounts: whom gss-ntlmssp and pyspnego know, in a file of theirs.
ntlm_accounts() {
    printf '%s:%s:%s\n' "${company_account%%\\*}" "${company_account#*\\}" "$company_password" >"$here/accounts"
    chmod 644 "$here/accounts"
    printf '%s' "$here/accounts"
}

# apache_ntlm NAME CASE: NTLM by gss-ntlmssp.
apache_ntlm() {
    [ -n "$(ls /usr/lib/*/gssntlmssp/gssntlmssp.so 2>/dev/null)" ] || lacks gss-ntlmssp
    apache_environment=("NTLM_USER_FILE=$(ntlm_accounts)")
    apache_login "$1" "$2" 'GssapiAllowedMech ntlmssp'
}

# third_messages: how many third messages of NTLM Apache was sent.
third_messages() { wc -l <"$here/apache/third" 2>/dev/null || printf 0; }

lacks() {
    printf 'left out: %s is not installed\n' "$1" >"$here/outcome"
    exit 77
}

# prepared THING: prints where `tests/lab/prepare` put it.
prepared() {
    local place
    for place in "$(dirname "$hublink")/../lab-tools" "$lab/../../target/lab-tools"; do
        [ ! -e "$place/$1" ] || { realpath -s "$place/$1"; return; }
    done
    printf 'left out: tests/lab/prepare did not make %s\n' "$1" >"$here/outcome"
    exit 77
}

# front NAME CASE pyspnego|samba SETTING: see tools/front.py.
front() {
    local pem
    behind "$1" "$2"
    record "$1" A 10.77.2.2
    pem=$(certificate good "$1")
    on server "$(prepared python/bin/python)" "$lab/tools/front.py" 10.77.2.2 443 "$pem" 10.77.2.20 8080 \
        "$3" "$4" >"$here/front.log" 2>&1 &
    wait_for 'the login' grep -q listening "$here/front.log"
}

# pyspnego_ntlm NAME CASE: NTLM by pyspnego, which calls every domain WORKSTATION.
pyspnego_ntlm() {
    company_account="WORKSTATION\\${company_account#*\\}"
    front "$1" "$2" pyspnego "$(ntlm_accounts)"
}

# samba_ntlm NAME CASE: NTLM by Samba's helper, which asks a domain controller of the domain CORP. It
# knows alice, dora (disabled), erik (expired), mia (must change her password) and lars.
samba_ntlm() {
    domain_controller
    front "$1" "$2" samba /run/lab-samba/etc/smb.conf
}

# attempts_at_front: how many third messages it was sent.
attempts_at_front() { grep -c '^attempt' "$here/front.log" || true; }

domain_controller() {
    needs samba
    [ "$(id -u)" = 0 ] || lacks 'root, which a domain controller needs'
    tar -C /run -xf "$(prepared samba.tar)"
    address 10.77.2.30
    mkdir -p /run/samba
    on server samba --interactive --model=single --configfile=/run/lab-samba/etc/smb.conf \
        >"$here/samba.log" 2>&1 &
    wait_for 'the domain controller' on server wbinfo --ping-dc
}

