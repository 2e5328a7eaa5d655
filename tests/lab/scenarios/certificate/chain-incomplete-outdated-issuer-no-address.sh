broken 'The authority between got a new key under its old name, the server sends the old certificate, and no address leads to the new one.'
identified='subjectKeyIdentifier=hash'
issuing 'Corp Issuing' "$identified"
cp "$company.crt" "$here/outdated.crt"
issuing 'Corp Issuing' "$identified"
above=("$here/outdated.crt")
leaf_lines='authorityKeyIdentifier=keyid'
hub_with company hub.corp.test
doctor https://hub.corp.test
expect no certificate/chain-incomplete qlik-admin likely
