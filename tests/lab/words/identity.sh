# Logins that a person has to go through: identity providers, and Kerberos.

# identity_provider oidc|saml NAME IP: see tools/identity.mjs.
identity_provider() {
    local pem node log=$here/identity-$1.log
    needs node
    node=$(prepared node/ready)
    record "$2" A "$3"
    address "$3"
    pem=$(certificate "${identity_kind:-good}" "$2")
    on server node "$lab/tools/identity.mjs" "${node%/ready}" "$1" "$2" "$3" 443 "$pem" >"$log" 2>&1 &
    wait_for 'the identity provider' grep -q listening "$log"
}

# apache_oidc NAME CASE CLIENT-ID: Apache with mod_auth_openidc, which sends visitors of the hub to
# https://login.idp.test under that name.
apache_oidc() {
    [ -e /usr/lib/apache2/modules/mod_auth_openidc.so ] || lacks mod_auth_openidc
    apache_front "$1" "$2" <<APACHE
LoadModule auth_openidc_module /usr/lib/apache2/modules/mod_auth_openidc.so
OIDCProviderIssuer https://login.idp.test
OIDCProviderAuthorizationEndpoint https://login.idp.test/auth
OIDCProviderTokenEndpoint https://login.idp.test/token
OIDCProviderJwksUri https://login.idp.test/jwks
OIDCClientID $3
OIDCClientSecret not-asked-here
OIDCRedirectURI https://$1/oidc
OIDCCryptoPassphrase lab
<Location /hub/>
    AuthType openid-connect
    Require valid-user
</Location>
<Location /oidc>
    AuthType openid-connect
    Require valid-user
</Location>
APACHE
}

# apache_saml NAME CASE ENTITY: Apache with mod_auth_mellon, which sends visitors to
# https://login.idp.test/saml2 and calls itself ENTITY.
apache_saml() {
    local pem dir=$here/apache
    [ -e /usr/lib/apache2/modules/mod_auth_mellon.so ] || lacks mod_auth_mellon
    mkdir -p "$dir"
    pem=$(certificate good login.idp.test)
    cat >"$dir/idp.xml" <<XML
<EntityDescriptor entityID="https://login.idp.test" xmlns="urn:oasis:names:tc:SAML:2.0:metadata">
<IDPSSODescriptor protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol"><KeyDescriptor use="signing">
<KeyInfo xmlns="http://www.w3.org/2000/09/xmldsig#"><X509Data><X509Certificate>$(openssl x509 -in "$pem.crt" -outform DER | base64 -w0)</X509Certificate></X509Data></KeyInfo></KeyDescriptor>
<SingleSignOnService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect" Location="https://login.idp.test/saml2"/>
</IDPSSODescriptor></EntityDescriptor>
XML
    openssl req -x509 -newkey rsa:2048 -nodes -keyout "$dir/sp.key" -out "$dir/sp.crt" -days 30 -subj "/CN=$1" 2>/dev/null
    chmod 644 "$dir/sp.key"
    apache_front "$1" "$2" <<APACHE
LoadModule auth_mellon_module /usr/lib/apache2/modules/mod_auth_mellon.so
<Location />
    MellonEnable info
    MellonEndpointPath /saml
    MellonIdPMetadataFile $dir/idp.xml
    MellonSPPrivateKeyFile $dir/sp.key
    MellonSPCertFile $dir/sp.crt
    MellonSPentityId $3
</Location>
<Location /hub/>
    MellonEnable auth
    Require valid-user
</Location>
APACHE
}

# kdc: the company's Kerberos, of MIT, at 10.77.2.31; it knows alice and HTTP/hub.corp.test.
kdc() {
    local dir=$here/kdc
    [ -x /usr/sbin/krb5kdc ] || lacks krb5-kdc
    address 10.77.2.31
    mkdir -p "$dir"
    cat >"$dir/krb5.conf" <<KRB5
[libdefaults]
 default_realm = CORP.TEST
 dns_canonicalize_hostname = false
 rdns = false
 udp_preference_limit = 1
[realms]
 CORP.TEST = {
  kdc = 10.77.2.31
 }
[domain_realm]
 .corp.test = CORP.TEST
KRB5
    cat >"$dir/kdc.conf" <<KDC
[kdcdefaults]
 kdc_listen = 10.77.2.31:88
 kdc_tcp_listen = 10.77.2.31:88
[realms]
 CORP.TEST = {
  key_stash_file = $dir/stash
  database_name = $dir/principal
 }
KDC
    export KRB5_CONFIG=$dir/krb5.conf KRB5_KDC_PROFILE=$dir/kdc.conf
    {
        kdb5_util create -s -r CORP.TEST -P master
        kadmin.local -q "addprinc -pw $company_password alice"
        kadmin.local -q 'addprinc -randkey HTTP/hub.corp.test'
        kadmin.local -q "ktadd -k $dir/keytab HTTP/hub.corp.test"
        chmod 644 "$dir/keytab"
    } >"$dir/made" 2>&1
    on server krb5kdc -n >"$dir/out" 2>&1 &
    wait_for 'the KDC' on server bash -c 'exec 3<>/dev/tcp/10.77.2.31/88'
}

# apache_kerberos NAME CASE: Apache that takes tickets of that KDC and nothing else.
apache_kerberos() {
    kdc
    apache_environment=("KRB5_CONFIG=$KRB5_CONFIG" "KRB5_KTNAME=$here/kdc/keytab")
    # A connection of several steps would let the module offer NTLM too.
    apache_login "$1" "$2" 'GssapiAllowedMech krb5' 'GssapiConnectionBound Off'
}

# kerberos_status URL: what a client with a ticket of alice's gets there.
kerberos_status() {
    at_the_client env "KRB5_CONFIG=$KRB5_CONFIG" "KRB5CCNAME=$here/kdc/cache" sh -c '
        printf "%s\n" "$1" | kinit alice >/dev/null &&
        curl --silent --cacert "$2" --negotiate --user : --output /dev/null --write-out "%{http_code}" "$3"' \
        sh "$company_password" "$pki/ca.crt" "$1"
}
