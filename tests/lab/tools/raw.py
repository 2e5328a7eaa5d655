"""A server that misbehaves on purpose.

    raw.py ADDRESS PORT BEHAVIOUR

    full      its queue of connections is full: it never accepts
    silent    accepts, reads, never answers
    cut N     answers a request with a page that breaks off after N bytes, then resets
    empty     closes every connection after the request, without an answer
    slow S    answers each request S seconds late
    alert N   answers a greeting with a TLS alert of that number
    reset     resets every connection after it read something
    end       closes every connection after it read something
    hang-up   closes every connection at once
    garbage   answers with bytes of no protocol
    long      answers with a record longer than TLS has
    outdated PORT   resets who greets as of today, hands everybody else to that port
    babble    says 200 to CONNECT, whoever is asked for, and then bytes of no protocol
    babble NAME ADDRESS   the same, but carries what goes to that name to that address
    half      answers with half a ServerHello and falls silent
    ssh       speaks first, as an SSH server does
"""

import os
import socket
import struct
import sys
import threading
import time

PAGE = b"x" * 65536


def listening(address, port, backlog):
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    server = socket.socket(family, socket.SOCK_STREAM)
    server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    server.bind((address, port))
    server.listen(backlog)
    return server


def reset(connection):
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def versions_listed(greeting):
    """Whether a greeting lists versions (extension 43), as all do since TLS 1.3."""
    at = 43 + 1 + greeting[43]
    at += 2 + int.from_bytes(greeting[at : at + 2], "big")
    at += 1 + greeting[at] + 2
    while at + 4 <= len(greeting):
        if int.from_bytes(greeting[at : at + 2], "big") == 43:
            return True
        at += 4 + int.from_bytes(greeting[at + 2 : at + 4], "big")
    return False


def hand_over(connection, greeting, port, host=None):
    """To the server on that port, until one of the two ends."""
    behind = socket.create_connection((host or connection.getsockname()[0], port))
    behind.sendall(greeting)
    back = threading.Thread(target=pour, args=(behind, connection), daemon=True)
    back.start()
    pour(connection, behind)
    back.join()


def pour(source, sink):
    try:
        while chunk := source.recv(65536):
            sink.sendall(chunk)
        sink.shutdown(socket.SHUT_WR)
    except OSError:
        pass


def answer(connection, behaviour, number):
    if behaviour == "hang-up":
        connection.close()
        return
    if behaviour == "ssh":
        connection.sendall(b"SSH-2.0-OpenSSH_9.2\r\n")
    greeting = connection.recv(65536)
    if behaviour == "outdated" and greeting and not versions_listed(greeting):
        hand_over(connection, greeting, int(number))
    if behaviour == "long":
        connection.sendall(bytes([0x16, 3, 3, 0xFF, 0xFF]) + bytes(2000))
        time.sleep(0.2)
    if behaviour == "alert":
        connection.sendall(bytes([0x15, 3, 3, 0, 2, 2, int(number)]))
        time.sleep(0.2)
    if behaviour == "garbage":
        connection.sendall(bytes(range(255, 127, -1)))
        time.sleep(0.2)
    if behaviour == "babble":
        host, _, port = greeting.split(b" ")[1].decode().rpartition(":")
        connection.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
        if [host] == sys.argv[4:5]:
            hand_over(connection, b"", int(port), sys.argv[5])
            return
        connection.recv(65536)
        connection.sendall(bytes(range(255, 127, -1)))
        time.sleep(0.2)
    if behaviour == "half":
        # The first half of a ServerHello of 80 bytes.
        connection.sendall(bytes([0x16, 3, 3, 0, 80, 2, 0, 0, 76, 3, 3]) + bytes(29))
        time.sleep(300)
    if behaviour in ("reset", "outdated"):
        reset(connection)
        return
    if behaviour == "silent":
        time.sleep(300)
    if behaviour == "slow":
        time.sleep(number)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok")
    if behaviour == "cut":
        head = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(PAGE)
        connection.sendall(head + PAGE[: int(number)])
        time.sleep(0.2)
        reset(connection)
        return
    connection.close()


def main():
    address, port, behaviour = sys.argv[1], int(sys.argv[2]), sys.argv[3]
    number = float(sys.argv[4]) if len(sys.argv) > 4 and behaviour != "babble" else 0.0
    server = listening(address, port, 0 if behaviour == "full" else 64)
    if behaviour == "full":
        # A queue of length 0 holds one connection; two of our own fill it.
        held = []
        for _ in range(2):
            one = socket.socket(server.family, socket.SOCK_STREAM)
            one.setblocking(False)
            one.connect_ex((address, port))
            held.append(one)
        time.sleep(0.3)
        print("listening", flush=True)
        time.sleep(300)
    print("listening", flush=True)
    while True:
        connection, _ = server.accept()
        threading.Thread(target=answer, args=(connection, behaviour, number), daemon=True).start()


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        os._exit(0)
