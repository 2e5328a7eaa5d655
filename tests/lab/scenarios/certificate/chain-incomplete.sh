broken 'The server forgets the authority between, which can be fetched.'
issuing 'Corp Issuing'
mkdir -p $here/pages
chmod 755 $here $here/pages
cp $company.crt $here/pages/issuing.crt
record pki.corp.test A 10.77.2.9
http pki.corp.test 10.77.2.9 80 "root $here/pages;"
leaf_lines='authorityInfoAccess=caIssuers;URI:http://pki.corp.test/issuing.crt'
hub_with company hub.corp.test
doctor https://hub.corp.test
expect yes degrades certificate/chain-incomplete
