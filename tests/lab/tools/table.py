"""The table of the lab: cause, scenario, what came of it. Ends with 1 if something is wrong.

    table.py RUNS HUBLINK [--partial]

Every cause of the checks below must have a scenario (not asked with --partial).
"""

import pathlib
import subprocess
import sys

CHECKS = ["client", "dns", "tcp", "proxy", "clock", "http", "across", "tls", "certificate", "hub", "login", "licence", "test-server"]

# Causes that no network can show on this system, and why.
ELSEWHERE = {
    "client/browser-blocks-link": "only Windows has a registry; `tests/windows-client` makes it under wine",
    "client/desktop-outdated": "only Windows has Desktop; `tests/windows-client` plays its engine under wine",
    "client/link-handler-missing": "only Windows has a registry; `tests/windows-client` makes it under wine",
    "tls/switched-off-in-windows": "only Windows has a registry; `tests/windows-client` makes it under wine",
    "login/domain-controller-unreachable": "only Windows asks for tickets; `healthy/h22-kerberos-with-login` shows what is said here",
    "login/spn-missing": "the same",
}


def first_line(path):
    return path.read_text(encoding="utf-8").splitlines()[0] if path.exists() else ""


def cause_of(run):
    """The cause a scenario is about: the one it expects, or none for what is healthy."""
    expected = run / "expected"
    for line in expected.read_text(encoding="utf-8").splitlines() if expected.exists() else []:
        ids = [word for word in line.split() if "/" in word]
        if line.startswith("across"):
            return ids[0]
        if ids:
            wanted = ids[0]
    return locals().get("wanted", "")


def rows(runs):
    for outcome in sorted(runs.rglob("outcome")):
        run = outcome.parent
        result, _, seen = first_line(outcome).partition(": ")
        name = run.relative_to(runs).as_posix()
        healthy = name.startswith("healthy/")
        cause = "" if healthy else cause_of(run) or name
        yield cause or "(healthy)", name, result, seen, first_line(run / "what")


def known_causes(hublink):
    listed = subprocess.run([hublink, "explain"], capture_output=True, text=True, check=True)
    ids = [line.split()[0] for line in listed.stdout.splitlines() if line.startswith("  ")]
    shown = [i for i in ids if i.split("/")[0] in CHECKS and not i.endswith("/unexplained")]
    return [i for i in shown if i not in ELSEWHERE]


def main():
    runs, hublink = pathlib.Path(sys.argv[1]), sys.argv[2]
    table = sorted(rows(runs))
    print("| cause | scenario | named | seen | what is broken |\n|---|---|---|---|---|")
    for cause, name, result, seen, what in table:
        print(f"| {cause} | `{name}.sh` | {result} | {seen} | {what} |")
    if "--partial" not in sys.argv:
        for cause, why in sorted(ELSEWHERE.items()):
            print(f"| {cause} | | not here | {why} | |")
    covered = {row[0] for row in table}
    missing = [] if "--partial" in sys.argv else [c for c in known_causes(hublink) if c not in covered]
    count = {}
    for row in table:
        count[row[2]] = count.get(row[2], 0) + 1
    if missing:
        print("\nWithout a scenario: " + ", ".join(missing))
    told = [f"{count[result]} {result}" for result in sorted(count)]
    told += [f"{len(missing)} causes without a scenario"] if missing else []
    print("\n" + ", ".join(told))
    bad = sum(n for result, n in count.items() if result not in ("exact", "left out"))
    return 1 if bad or missing else 0


sys.exit(main())
