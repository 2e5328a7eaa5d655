broken 'This computer knows no way to the network of the hub.'
hub hub.corp.test 10.77.3.2
ip -n client route del default via 10.77.1.1
ip -n client route add 10.77.2.0/24 via 10.77.1.1
doctor https://hub.corp.test
expect no tcp/off-network you certain
