broken 'This computer trusts a root of the right name, which was made anew since.'
authority 'Corp Root'
cp "$company.crt" "$here/old.crt"
authority 'Corp Root'
hub_with company hub.corp.test
doctor --ca-file "$here/old.crt" https://hub.corp.test
expect no certificate/untrusted-issuer network certain
