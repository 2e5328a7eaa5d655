"""Compares a report with its review: verdicts, and every check with its causes.

Prints what differs, and ends with 1 if anything does.
"""

import json
import sys


def read(path):
    with open(path, encoding="utf-8") as file:
        return json.load(file)


def differences(before, now):
    if before["hubs"] == now["hubs"] and before["across"] == now["across"]:
        return
    for hub, again in zip(before["hubs"], now["hubs"]):
        for key in hub.keys() | again.keys():
            if key != "checks" and hub.get(key) != again.get(key):
                yield f"{hub['name']}: {key}: {hub.get(key)} / {again.get(key)}"
        for check, judged in zip(hub["checks"], again["checks"]):
            for key in check.keys() | judged.keys():
                if check.get(key) != judged.get(key):
                    yield f"{hub['name']}: {check['id']}: {key}: {check.get(key)} / {judged.get(key)}"
    if before["across"] != now["across"]:
        yield f"across: {before['across']} / {now['across']}"


def main():
    before, now = read(sys.argv[1]), read(sys.argv[2])
    found = list(differences(before, now))
    if now["review"]["changes"] or now["review"].get("unknown"):
        found.append(f"review: {now['review']}")
    print("\n".join(found))
    sys.exit(1 if found else 0)


main()
