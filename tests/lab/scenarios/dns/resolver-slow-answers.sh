broken 'The name server takes two and a half seconds for an answer.'
hub hub.corp.test
dnsdist_at 10.77.2.30 <<'RULES'
addAction(AllRule(), DelayAction(2500))
RULES
resolvers 10.77.2.30
resolver_options='timeout:5 attempts:2'
doctor https://hub.corp.test
expect yes degrades dns/resolver-slow
