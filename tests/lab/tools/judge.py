"""Compares a report with what a scenario expects, one expectation a line on standard input.

    NUMBER no CAUSE OWNER CONFIDENCE
    NUMBER yes [degrades|informs CAUSE]…
    NUMBER unknown [CAUSE]
    one CAUSE OWNER CONFIDENCE
    also CAUSE OWNER CONFIDENCE
    across CAUSE OWNER CONFIDENCE

Prints `exact`, `only the right check` or `WRONG`, and what was seen. Accusing more than was
expected is wrong: no other cause may block or degrade.
"""

import json
import sys


def causes(checks, *severities):
    found = [cause for check in checks for cause in check["causes"]]
    return [cause for cause in found if cause["severity"] in severities]


def same(cause, wanted):
    return [cause["id"], cause["owner"], cause["confidence"]] == wanted


def told(hub):
    verdict = hub["verdict"]
    worth = [c["id"] for c in causes(hub["checks"], "degrades")]
    also = f", degrades {' '.join(worth)}" if worth else ""
    said = [verdict["ready"], verdict["cause"], verdict["owner"], verdict["confidence"]]
    return " ".join(str(part) for part in said if part is not None) + also


def judge_also(hub, wanted):
    found = causes(hub["checks"], "blocks", "degrades", "informs")
    return "exact" if any(same(cause, wanted) for cause in found) else "WRONG"


def judge_one(report, wanted):
    exact = [hub for hub in report["hubs"] if judge_no(hub, wanted) == "exact"]
    others = [hub for hub in report["hubs"] if hub["verdict"]["ready"] == "unknown"]
    return "exact" if len(exact) == 1 and len(others) == len(report["hubs"]) - 1 else "WRONG"


def judge_no(hub, wanted):
    verdict = hub["verdict"]
    seen = [verdict["cause"], verdict["owner"], verdict["confidence"]]
    if verdict["ready"] == "no" and seen == wanted:
        return "exact"
    check = wanted[0].split("/")[0]
    named = verdict["cause"] or ""
    right = verdict["ready"] == "no" and named.split("/")[0] == check
    return "only the right check" if right else "WRONG"


def judge_yes(hub, wanted):
    pairs = list(zip(wanted[::2], wanted[1::2]))
    if hub["verdict"]["ready"] != "yes":
        return "WRONG"
    for severity, cause in pairs:
        if cause not in [c["id"] for c in causes(hub["checks"], severity)]:
            return "WRONG"
    allowed = {cause for _, cause in pairs}
    accused = {c["id"] for c in causes(hub["checks"], "degrades", "blocks")}
    return "exact" if accused <= allowed else "WRONG"


def judge_unknown(hub, wanted):
    verdict = hub["verdict"]
    right = verdict["ready"] == "unknown" and (not wanted or verdict["cause"] == wanted[0])
    return "exact" if right else "WRONG"


def judge_across(report, wanted):
    found = causes(report["across"], "blocks", "degrades")
    return "exact" if any(same(cause, wanted) for cause in found) else "WRONG"


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        report = json.load(file)
    worst, seen = "exact", []
    rank = ["exact", "only the right check", "WRONG"]
    for line in sys.stdin.read().splitlines():
        subject, *wanted = line.split()
        if subject == "across":
            result = judge_across(report, wanted)
            names = [c["id"] for c in causes(report["across"], "blocks", "degrades", "informs")]
            seen.append("across " + (" ".join(names) or "nothing"))
        elif subject == "one":
            result = judge_one(report, wanted)
            seen += [told(hub) for hub in report["hubs"]]
        elif subject == "also":
            result = judge_also(report["hubs"][0], wanted)
            seen.append(f"also {wanted[0]}" if result == "exact" else f"not {wanted[0]}")
        else:
            hub = report["hubs"][int(subject) - 1]
            how = {"no": judge_no, "yes": judge_yes, "unknown": judge_unknown}[wanted[0]]
            result = how(hub, wanted[1:])
            seen.append(told(hub))
        worst = max(worst, result, key=rank.index)
    print(f"{worst}: {'; '.join(seen)}")


main()
