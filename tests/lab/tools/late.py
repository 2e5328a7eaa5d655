"""Carries connections to another port; what comes back comes late.

    late.py ADDRESS PORT TO-PORT SECONDS [first]

With `first` only the answers in the first seconds are late: a service that has just been started.
"""

import socket
import sys
import threading
import time

ADDRESS, PORT, TO_PORT, SECONDS = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), float(sys.argv[4])
ONLY_FIRST = sys.argv[5:] == ["first"]
warm_at = None
lock = threading.Lock()


def pause():
    global warm_at
    if not ONLY_FIRST:
        time.sleep(SECONDS)
        return
    with lock:
        warm_at = warm_at or time.monotonic() + SECONDS
    time.sleep(max(0.0, warm_at - time.monotonic()))


def carry(source, to, late):
    while chunk := source.recv(65536):
        if late:
            pause()
        to.sendall(chunk)
    to.shutdown(socket.SHUT_WR)


def serve(connection):
    behind = socket.create_connection((ADDRESS, TO_PORT))
    back = threading.Thread(target=carry, args=(behind, connection, True), daemon=True)
    back.start()
    try:
        carry(connection, behind, False)
    except OSError:
        pass  # The other side went away; so does this connection.


server = socket.create_server((ADDRESS, PORT))
print("listening", flush=True)
while True:
    threading.Thread(target=serve, args=(server.accept()[0],), daemon=True).start()
