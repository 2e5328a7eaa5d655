broken 'The authority between got a new key under its old name, and the server still sends the old certificate.'
identified='subjectKeyIdentifier=hash'
issuing 'Corp Issuing' "$identified"
cp "$company.crt" "$here/outdated.crt"
issuing 'Corp Issuing' "$identified"
serves_issuer
above=("$here/outdated.crt")
leaf_lines='authorityKeyIdentifier=keyid
authorityInfoAccess=caIssuers;URI:http://pki.corp.test/issuing.crt'
hub_with company hub.corp.test
doctor https://hub.corp.test
expect yes degrades certificate/chain-incomplete
