broken 'Programs of this computer hold all free local ports.'
hub hub.corp.test
on client sysctl -qw net.ipv4.ip_local_port_range='40000 40001'
on client python3 - <<'PYTHON' &
import socket, time
held = []
for port in (40000, 40001):
    for family, any_address in ((socket.AF_INET, "0.0.0.0"), (socket.AF_INET6, "::")):
        one = socket.socket(family, socket.SOCK_STREAM)
        if family == socket.AF_INET6:
            one.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        one.bind((any_address, port))
        one.listen()
        held.append(one)
print(len(held), flush=True)
time.sleep(100)
PYTHON
sleep 0.5
doctor https://10.77.2.2
expect no tcp/ports-exhausted you certain
