# Authorities and certificates with a fault, and whether they were withdrawn.

leaf_lines='' # further extensions of the certificates made from now on, one a line

# hub_with KIND NAME [NAME-IN-THE-CERTIFICATE…]: a hub with a certificate of that kind.
hub_with() {
    record "$2" A 10.77.2.2
    https "$2" 10.77.2.2 443 "$hub_locations" "$1" "${@:3}"
}

# issuing NAME [EXTENSION-LINE…]: an authority under the one the program knows (`issuing_days`), for
# certificates of the kinds `company` (alone) and `company-chain` (with the authority's).
issuing_days=300
issuing() {
    local name=$1
    company=$here/${name//[^A-Za-z0-9.-]/_}
    shift
    openssl ecparam -name prime256v1 -genkey -noout -out "$company.key"
    openssl req -new -key "$company.key" -subj "/CN=$name" -out "$company.csr"
    printf '%s\n' "${basic:-basicConstraints=critical,CA:TRUE}" "$@" >"$company.ext"
    sign "$company" "$pki/ca" -days "$issuing_days"
}

# withdraws NAME-OF-HUB: the authority the program knows withdraws that hub's certificate; its index
# is for `list` and `responder`.
withdraws() {
    local serial
    serial=$(openssl x509 -in "$(certificate good "$1")" -noout -serial)
    printf 'R\t400101000000Z\t261001120000Z,superseded\t%s\tunknown\t/CN=%s\n' "${serial#*=}" "$1" >"$here/index"
    : >"$here/index.attr"
}

# list: the authority's list, served as http://pki.corp.test/ca.crl.
list() {
    printf '[ca]\ndefault_ca=d\n[d]\ndatabase=%s\ndefault_md=sha256\n' "$here/index" >"$here/ca.conf"
    mkdir -p "$here/pages"
    chmod 755 "$here" "$here/pages"
    openssl ca -config "$here/ca.conf" -gencrl -crldays 30 -keyfile "$pki/ca.key" -cert "$pki/ca.crt" \
        -out "$here/ca.crl.pem" 2>/dev/null
    openssl crl -in "$here/ca.crl.pem" -outform DER -out "$here/pages/ca.crl"
    record pki.corp.test A 10.77.2.9
    http pki.corp.test 10.77.2.9 80 "root $here/pages;"
}

# responder: the authority's own, OpenSSL's, at http://ocsp.corp.test/.
responder() {
    address 10.77.2.10
    record ocsp.corp.test A 10.77.2.10
    on server openssl ocsp -port 80 -index "$here/index" -CA "$pki/ca.crt" \
        -rsigner "$pki/ca.crt" -rkey "$pki/ca.key" -ndays 7 >"$here/responder.log" 2>&1 &
    # It serves one at a time, so that a mere connection would keep the program waiting.
    wait_for 'the responder' grep -q waiting "$here/responder.log"
}

# staple NAME-OF-HUB: prints the file of the authority's word on that hub's certificate.
staple() {
    local pem
    pem=$(certificate good "$1")
    openssl ocsp -index "$here/index" -CA "$pki/ca.crt" -rsigner "$pki/ca.crt" -rkey "$pki/ca.key" \
        -issuer "$pki/ca.crt" -cert "$pem.crt" -ndays 7 -no_nonce -respout "$here/staple" >/dev/null 2>&1
    printf '%s' "$here/staple"
}
