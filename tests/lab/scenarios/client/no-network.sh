broken 'The network cable of this computer is unplugged; that stops both hubs and is said once.'
hub qlik1.corp.test 10.77.2.2
hub acme.example.com 198.18.1.2
ip -n client link set uplink down
doctor https://qlik1.corp.test https://acme.example.com
expect no client/no-network you certain
expect_hub 2 no client/no-network you certain
