broken 'The link uses a short name; this computer has no suffix, and another hub shows the domain.'
hub hub2.corp.test 10.77.2.3
record qlik1.corp.test A 10.77.2.2
https qlik1.corp.test 10.77.2.2 443 "$hub_locations"
printf '[one]\nurl=https://qlik1\n[two]\nurl=https://hub2.corp.test\n' >"$here/hubs.ini"
doctor "$here/hubs.ini"
expect no dns/suffix-missing qlik-admin likely
expect_hub 2 yes
