broken 'The hub sends its visitors to an identity provider, and a firewall rejects the way there.'
identity_provider oidc login.idp.test 198.18.1.2
apache_oidc hub.corp.test healthy qlik
firewall 'ip daddr 198.18.1.2 tcp dport 443 reject with icmp type admin-prohibited'
doctor https://hub.corp.test
expect no hub/identity-provider-unreachable network certain
