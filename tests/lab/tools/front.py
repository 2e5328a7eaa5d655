"""The Windows login of a hub, done by another maker's NTLM; the hub behind gives ticket and cookie.

    front.py ADDRESS PORT PEM HUB-ADDRESS HUB-PORT pyspnego ACCOUNTS
    front.py ADDRESS PORT PEM HUB-ADDRESS HUB-PORT samba SMB.CONF

Speaks TLS. What is for the page of the Windows login it answers itself, everything else it passes to
the hub, also WebSockets. Each connection has a login of its own. Prints `listening`, then a line for
each third message: `attempt accepted ACCOUNT` or `attempt refused REASON`.
"""

import base64
import hashlib
import os
import socket
import ssl
import subprocess
import sys
import threading

PAGE = "/internal_windows_authentication/"
SAMBA = ["ntlm_auth", "--helper-protocol=squid-2.5-ntlmssp"]


class Pyspnego:
    """NTLM in Python, with MIC and channel binding."""

    def __init__(self, pem, _setting):
        import spnego
        from spnego.channel_bindings import GssChannelBindings

        with open(pem, encoding="ascii") as file:
            text = file.read()
        begin = text.index("-----BEGIN CERTIFICATE-----")
        leaf = ssl.PEM_cert_to_DER_cert(text[begin : text.index("-----END CERTIFICATE-----") + 25])
        bound = b"tls-server-end-point:" + hashlib.sha256(leaf).digest()
        self.errors = spnego.exceptions.SpnegoError
        self.context = spnego.server(
            protocol="ntlm", channel_bindings=GssChannelBindings(application_data=bound)
        )

    def challenge(self, first):
        return self.context.step(first)

    def judge(self, third):
        try:
            self.context.step(third)
        except self.errors as error:
            return None, type(error).__name__
        return self.context.client_principal, ""


class Samba:
    """Samba's helper, which asks the domain controller."""

    def __init__(self, _pem, setting):
        command = SAMBA + ["--configfile=" + setting]
        self.helper = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )

    def ask(self, word, token):
        self.helper.stdin.write(word + b" " + base64.b64encode(token) + b"\n")
        self.helper.stdin.flush()
        return self.helper.stdout.readline().strip().split(b" ", 1)

    def challenge(self, first):
        word, rest = self.ask(b"YR", first)
        return base64.b64decode(rest) if word == b"TT" else None

    def judge(self, third):
        word, rest = self.ask(b"KK", third)
        self.helper.kill()
        return (rest.decode(), "") if word == b"AF" else (None, rest.decode())


def read_request(stream):
    head = []
    while True:
        line = stream.readline(65537)
        if not line:
            return None
        if line in (b"\r\n", b"\n"):
            break
        head.append(line.rstrip(b"\r\n").decode("latin-1"))
    fields = [line.split(":", 1) for line in head[1:]]
    headers = {name.strip().lower(): value.strip() for name, value in fields}
    body = stream.read(int(headers.get("content-length", "0")))
    return head, headers, body


def refuse(connection, offer):
    text = "<h1>Unauthorized</h1>"
    head = f"HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: {offer}\r\n"
    head += f"Content-Type: text/html\r\nContent-Length: {len(text)}\r\n\r\n"
    connection.sendall((head + text).encode())


def pump(source, target):
    try:
        while data := source.recv(65536):
            target.sendall(data)
        target.shutdown(socket.SHUT_WR)
    except OSError:
        pass


def pass_on(connection, stream, hub, request, user):
    """One request, then both directions until one side ends; the hub is told to end after it."""
    head, headers, body = request
    hidden = ("x-front-user:", "authorization:", "connection:")
    lines = [line for line in head if not line.lower().startswith(hidden)]
    upgrade = headers.get("upgrade")
    lines.append("Connection: Upgrade" if upgrade else "Connection: close")
    if user:
        lines.append("X-Front-User: " + user)
    behind = socket.create_connection(hub)
    behind.sendall("\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body)
    if upgrade:
        threading.Thread(target=pump, args=(connection, behind), daemon=True).start()
    pump(behind, connection)
    connection.close()


def converse(raw, context, hub, make):
    try:
        connection = context.wrap_socket(raw, server_side=True)
    except (OSError, ssl.SSLError):
        return
    stream = connection.makefile("rb")
    login = None
    while request := read_request(stream):
        head, headers, _ = request
        if not head[0].split()[1].startswith(PAGE):
            return pass_on(connection, stream, hub, request, None)
        scheme, _, token = headers.get("authorization", "").partition(" ")
        message = base64.b64decode(token) if scheme == "NTLM" else b""
        if message[:12] == b"NTLMSSP\0\1\0\0\0":
            login = make()
            challenge = login.challenge(message)
            refuse(connection, "NTLM " + base64.b64encode(challenge).decode() if challenge else "NTLM")
        elif message[:12] == b"NTLMSSP\0\3\0\0\0" and login:
            user, reason = login.judge(message)
            login = None
            print("attempt", f"accepted {user}" if user else f"refused {reason}", flush=True)
            if user:
                return pass_on(connection, stream, hub, request, user)
            refuse(connection, "NTLM")
        else:
            refuse(connection, "NTLM")


def main():
    address, port, pem, hub, hub_port, kind, setting = sys.argv[1:]
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    if kind == "pyspnego":
        os.environ["NTLM_USER_FILE"] = setting
    maker = {"pyspnego": Pyspnego, "samba": Samba}[kind]
    maker(pem, setting)
    server = socket.create_server((address, int(port)), backlog=64)
    print("listening", flush=True)
    while True:
        raw, _ = server.accept()
        arguments = (raw, context, (hub, int(hub_port)), lambda: maker(pem, setting))
        threading.Thread(target=converse, args=arguments, daemon=True).start()


if __name__ == "__main__":
    main()
