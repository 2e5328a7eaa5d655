"""Where hublink and curl (OpenSSL, the same roots) differ on whether a hub's TLS is good, and why.

    peers.py RUNS

Prints a table of every scenario of `tls`, `certificate` and `healthy` that curl was asked about,
and ends with 1 if they differ without a reason that is known here.
"""

import json
import pathlib
import sys

# curl's exit codes that speak of the connection and its certificate.
MEANING = {
    0: "accepts",
    5: "proxy not found",
    6: "name not found",
    7: "no connection",
    28: "gives up after 4 s",
    35: "handshake failed",
    51: "wrong name",
    52: "empty answer",
    53: "crypto engine",
    56: "connection broken",
    58: "own certificate",
    59: "no such cipher",
    60: "certificate refused",
    91: "stapled answer refused",
    97: "proxy handshake failed",
}

FETCHED = "it stands once the issuer is fetched, as Windows and Chrome do; OpenSSL does not fetch"
WITHDRAWN = "the issuer has withdrawn it; curl does not ask the issuer"
METHOD = "OpenSSL has the old method and rustls has not; hublink says that Desktop may connect"

# By scenario: a difference that is meant, measured here. Any other one is a failure.
REASONS = {
    "certificate/chain-incomplete": FETCHED,
    "certificate/chain-incomplete-outdated-issuer": FETCHED,
    "certificate/expired-clock-behind": "the second hub's is good by the right time: hublink blames the clock, and curl goes by it",
    "certificate/revoked": WITHDRAWN,
    "certificate/revoked-answer": WITHDRAWN,
    "certificate/revoked-issuer": WITHDRAWN,
    "certificate/revoked-issuer-answer": WITHDRAWN,
    "certificate/revoked-staple": WITHDRAWN,
    "certificate/unexplained-any-usage": "OpenSSL and rustls refuse a usage of everything and Windows takes it; hublink only says that it cannot tell",
    "certificate/wrong-name-common-name": "OpenSSL still reads the common name; browsers and rustls do not",
    "tls/client-certificate-required-page": "the handshake is completed and a page refuses (400), which curl takes for an answer",
    "tls/no-common-cipher": METHOD,
    "tls/no-common-cipher-dhe": METHOD,
    "tls/no-common-cipher-key-exchange": METHOD,
    "tls/unexplained-key-of-512-bits": "no program of today takes so short a key; hublink sees no certificate then and only says that it cannot tell",
    "tls/unexplained-key": "OpenSSL has this kind of key and rustls has not; hublink says that Desktop may connect",
}


def checked(hub):
    """What hublink says of handshake and certificate alone: accepts, refuses, or cannot tell."""
    checks = {check["id"]: check for check in hub["checks"]}
    causes = [c for name in ("tls", "certificate") for c in checks[name]["causes"]]
    worth = [c for c in causes if c["severity"] != "informs"]
    blocking = [c["id"] for c in worth if c["severity"] == "blocks"]
    if blocking:
        return "refuses", blocking[0]
    named = worth[0]["id"] if worth else ""
    done = all(checks[name]["status"] in ("passed", "warned") for name in ("tls", "certificate"))
    if done and named != "tls/no-common-cipher":
        return "accepts", named
    return "cannot tell", named or checks["certificate"]["status"]


def main():
    runs = pathlib.Path(sys.argv[1])
    print("| scenario | hublink | curl with OpenSSL | why they differ |\n|---|---|---|---|")
    same = explained = bare = 0
    for peer in sorted(runs.rglob("peer")):
        run = peer.parent
        code = int(peer.read_text(encoding="utf-8"))
        report = json.loads((run / "report.json").read_text(encoding="utf-8"))
        # Of several hubs curl asks the last one that was named.
        ours, cause = checked(report["hubs"][-1])
        name = run.relative_to(runs).as_posix()
        theirs = MEANING.get(code, "fails") + (f" ({code})" if code else "")
        why = ""
        if (ours == "accepts") == (code == 0) and ours != "cannot tell":
            same += 1
        elif name in REASONS:
            explained += 1
            why = REASONS[name]
        else:
            bare += 1
            why = "NO REASON KNOWN"
        said = f"{ours}: {cause}" if cause else ours
        print(f"| `{name}` | {said} | {theirs} | {why} |")
    print(f"\n{same} the same, {explained} differ for a known reason, {bare} without one")
    return 1 if bare else 0


sys.exit(main())
