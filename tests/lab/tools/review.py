"""Compares a report with its review, check by check, and with its copy that has pseudonyms.

    review.py REPORT REVIEW HIDDEN

The review must be the same; the copy must have the same causes, and nothing of a host or an address.
Prints what differs, and ends with 1 if anything does.
"""

import json
import re
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


def causes(report):
    for hub in report["hubs"] + [{"checks": report["across"], "verdict": {}}]:
        verdict = [hub["verdict"].get(key) for key in ("ready", "cause", "owner", "confidence")]
        found = [(c["id"], c["confidence"], c["owner"]) for check in hub["checks"] for c in check["causes"]]
        yield verdict, found


def shows(report, hidden):
    """What the copy loses of the findings, and what it still shows of names."""
    for before, now in zip(causes(report), causes(hidden)):
        if before != now:
            yield f"with pseudonyms: {before} / {now}"
    for line in hidden["redaction"]["ledger"]:
        if line["what"].startswith("proof"):
            yield f"with pseudonyms: {line}"
    text = json.dumps(hidden)
    # Addresses of the lab's own networks; those of documents are what pseudonyms look like.
    addresses = re.findall(r"\b(?:198\.1[89]|10\.\d+)\.\d+\.\d+\b", json.dumps(report))
    hosts = {hub["host"] for hub in report["hubs"] if hub["host"] and "." in hub["host"]}
    for name in hosts | set(addresses):
        if re.search(rf"(?<![\w.]){re.escape(name)}(?![\w.])", text):
            yield f"with pseudonyms it still shows {name}"


def main():
    before, now, hidden = (read(path) for path in sys.argv[1:4])
    found = list(differences(before, now)) + list(shows(before, hidden))
    if now["review"]["changes"] or now["review"].get("unknown"):
        found.append(f"review: {now['review']}")
    print("\n".join(found))
    sys.exit(1 if found else 0)


main()
