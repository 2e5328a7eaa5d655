# Authorities and certificates with a fault, and whether they were withdrawn.

leaf_lines='' # further extensions of the certificates made from now on, one a line
above=()      # files of certificates that servers send behind their own from now on

# hub_with KIND NAME [NAME-IN-THE-CERTIFICATE…]: a hub with a certificate of that kind.
hub_with() {
    record "$2" A 10.77.2.2
    https "$2" 10.77.2.2 443 "$hub_locations" "$1" "${@:3}"
}

# issuing NAME [EXTENSION-LINE…]: an authority under the one the program knows (`issuing_days`,
# `issuing_by`), for certificates of the kinds `company` (alone) and `company-chain` (with the
# authority's).
issuing_days=300
issuing_key=(openssl ecparam -name prime256v1 -genkey -noout)
issuing() {
    local name=$1
    company=$here/${name//[^A-Za-z0-9.-]/_}
    shift
    "${issuing_key[@]}" >"$company.key" 2>/dev/null
    openssl req -new -key "$company.key" -subj "/CN=$name" -out "$company.csr"
    printf '%s\n' "${basic:-basicConstraints=critical,CA:TRUE}" "$@" >"$company.ext"
    sign "$company" "${issuing_by:-$pki/ca}" -days "$issuing_days"
}

# issuing_rsa: the same with an RSA key.
issuing_rsa() {
    issuing_key=(openssl genrsa 2048)
    issuing "$@"
}

# also_by BY DAYS: the authority that the program knows, certified by another one too; prints the file.
also_by() {
    local file=$here/ca-by-$1
    openssl req -new -key "$pki/ca.key" -subj '/CN=Lab ca' -out "$file.csr"
    printf 'basicConstraints=critical,CA:TRUE\n' >"$file.ext"
    sign "$file" "$pki/$1" -days "$2"
    printf '%s' "$file.crt"
}

# serves_issuer: the last authority's certificate, as http://pki.corp.test/issuing.crt.
serves_issuer() {
    mkdir -p "$here/pages"
    chmod 755 "$here" "$here/pages"
    cp "$company.crt" "$here/pages/issuing.crt"
    record pki.corp.test A 10.77.2.9
    http pki.corp.test 10.77.2.9 80 "root $here/pages;"
}

# withdraws NAME-OF-HUB: the authority the program knows withdraws that hub's certificate; its index
# is for `list` and `responder`.
withdraws() {
    withdrawn "$(certificate good "$1")" "$1"
}

# withdraws_issuer: the same for the last authority made with `issuing`.
withdraws_issuer() {
    withdrawn "$company.crt" issuing
}

withdrawn() {
    local serial
    serial=$(openssl x509 -in "$1" -noout -serial)
    printf 'R\t400101000000Z\t261001120000Z,superseded\t%s\tunknown\t/CN=%s\n' "${serial#*=}" "$2" >"$here/index"
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
