# Logins of other makers in front of a practice hub: they verify who somebody is; the hub behind them
# gives ticket, cookie and everything after.

company_account='CORP\alice'
company_password='Wander-Weg_73'

# behind NAME CASE: the practice hub that a front speaks to.
behind() { practice_hub "$2" "$1" "$behind_at" 8080 behind; }

# Where the next front stands, and the hub behind it.
front_at=10.77.2.2
behind_at=10.77.2.20

# standing_at LAST: 10.77.2.LAST for the next front, and ten more for the hub behind it.
standing_at() {
    front_at=10.77.2.$1
    behind_at=10.77.2.$(($1 + 10))
}

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
SetEnvIf Authorization "^(NTLM TlRMTVNTUAAD|Negotiate (TlRMTVNTUAAD|YII))" third
CustomLog $here/apache/third "%{X-Front-User}i %>s" env=third
APACHE
}
apache_environment=()

# apache_front NAME CASE: Apache with TLS, which passes everything on to the hub behind it; its further
# settings come from standard input. `unnamed=yes` beforehand leaves the name to a server in front.
unnamed=
apache_front() {
    local name=$1 dir=$here/apache pem
    needs apache2
    behind "$name" "$2"
    address "$front_at"
    [ -n "$unnamed" ] || record "$name" A "$front_at"
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
Listen $front_at:443
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
RewriteRule ^/(.*)$ ws://$behind_at:8080/\$1 [P,L]
ProxyPass /saml !
ProxyPass /oidc !
ProxyPass / http://$behind_at:8080/
APACHE
}

# ntlm_accounts: whom gss-ntlmssp and pyspnego know, in a file of theirs.
ntlm_accounts() {
    printf '%s:%s:%s\n' "${company_account%%\\*}" "${company_account#*\\}" "$company_password" >"$here/accounts"
    chmod 644 "$here/accounts"
    printf '%s' "$here/accounts"
}

# apache_ntlm NAME CASE [DOMAIN]: NTLM by gss-ntlmssp, on a server of the domain CORP or of this one.
apache_ntlm() {
    [ -n "$(ls /usr/lib/*/gssntlmssp/gssntlmssp.so 2>/dev/null)" ] || lacks gss-ntlmssp
    apache_environment=("NTLM_USER_FILE=$(ntlm_accounts)" "NETBIOS_DOMAIN_NAME=${3:-CORP}" NETBIOS_COMPUTER_NAME=SENSE)
    apache_login "$1" "$2" 'GssapiAllowedMech ntlmssp'
}

# third_messages: how many third messages of NTLM, or tickets of Kerberos, Apache was sent.
third_messages() { wc -l <"$here/apache/third" 2>/dev/null || printf 0; }

# signed_on [ACCOUNT PASSWORD]: who is signed on to Windows. Wine asks a helper of Samba to speak for
# that user, and this one knows the password.
signed_on() {
    local account=${1:-$company_account} password=${2:-$company_password}
    needs ntlm_auth
    mkdir -p "$here/bin"
    cat >"$here/bin/ntlm_auth" <<HELPER
#!/bin/sh
case " \$* " in *' --use-cached-creds '*)
    set -- --helper-protocol=ntlmssp-client-1 --domain='${account%%\\*}' --username='${account#*\\}' --password='$password' ;;
esac
exec $(command -v ntlm_auth) "\$@"
HELPER
    chmod 755 "$here/bin/ntlm_auth"
    environment "PATH=$here/bin:$PATH"
    login=(--sso)
}

# with_ticket: whoever is signed on has a ticket of the KDC for other tickets.
with_ticket() {
    environment "KRB5_CONFIG=$KRB5_CONFIG" "KRB5CCNAME=$here/kdc/cache"
    on client env "${environment[@]}" kinit alice <<<"$company_password" >/dev/null
    login=(--sso)
}

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
    local pem python log=$here/front-$3.log
    python=$(prepared python/bin/python)
    behind "$1" "$2"
    record "$1" A "$front_at"
    address "$front_at"
    pem=$(certificate good "$1")
    on server "$python" "$lab/tools/front.py" "$front_at" 443 "$pem" "$behind_at" 8080 "$3" "$4" >"$log" 2>&1 &
    wait_for 'the login' grep -q listening "$log"
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

# attempts_at_front pyspnego|samba: how many third messages it was sent.
attempts_at_front() { grep -c '^attempt' "$here/front-$1.log" || true; }

# bad_passwords USER: how many wrong ones the domain controller counted.
bad_passwords() {
    ldbsearch -H /run/lab-samba/private/sam.ldb "sAMAccountName=$1" badPwdCount 2>/dev/null |
        sed -n 's/^badPwdCount: //p'
}

# lock USER: the domain controller is given wrong passwords until it locks the account.
lock() {
    local try
    for try in 1 2 3; do
        on server ntlm_auth --configfile=/run/lab-samba/etc/smb.conf --domain=CORP --username="$1" \
            --password="wrong$try" >/dev/null 2>&1 || true
    done
}

domain_controller() {
    local domain
    needs samba
    [ "$(id -u)" = 0 ] || lacks 'root, which a domain controller needs'
    domain=$(prepared samba.tar)
    tar -C /run -xf "$domain"
    address 10.77.2.30
    mkdir -p /run/samba
    needs ldbsearch
    on server samba --interactive --model=single --configfile=/run/lab-samba/etc/smb.conf \
        >"$here/samba.log" 2>&1 &
    wait_for 'the domain controller' on server wbinfo --ping-dc
}

