"""Asks both engines every question of the page, and counts the answers in plain Python.

    fleet.py PAGE FOLDER

FOLDER/lines holds lines that hublink wrote. From them 100,000 are made in FOLDER/runs. Ends with 1 if an
answer is wrong, if one is missing here, or if nothing was found.
"""

import collections
import datetime as dt
import glob
import json
import math
import os
import random
import re
import sys
import time
import uuid

LINES = 100_000
DAYS = [dt.date(2026, 10, 31) + dt.timedelta(days=n) for n in range(25)]
TODAY = DAYS[-1]
SITES = ["berlin", "bruxelles", "göteborg", "lyon", "münchen", "oslo", "porto", "wien"]
MACHINES = 50
HUBS = [f"hub-{n}.corp.example" for n in range(10)]
REAL = "CN=Example Issuing CA 2"
DEVICE = "CN=Inspecting Gateway"


# --- the lines -------------------------------------------------------------------------------


def templates(folder):
    """Lines that the program wrote, by cause; one of a hub that is ready; one that names no hub."""
    by_cause, ready, no_hub = {}, None, None
    for path in sorted(glob.glob(f"{folder}/lines/*.ndjson")):
        for text in open(path, encoding="utf-8"):
            line = json.loads(text)
            if line["host"] is None:
                no_hub = line
            elif line["ready"] == "yes" and line["certificate_not_after"]:
                ready = line
            elif line["cause"]:
                by_cause[line["cause"]] = line
    if ready is None or no_hub is None or len(by_cause) < 6:
        sys.exit(f"too few kinds of lines: {sorted(by_cause)}")
    return by_cause, ready, no_hub


class Fleet:
    """Who sees what on which day."""

    def __init__(self, rng, causes):
        self.rng, self.causes = rng, sorted(causes)
        self.machines = [(site, f"{rng.getrandbits(48):012x}") for site in SITES for _ in range(MACHINES)]
        # From a day to a day a cause stops a hub, everywhere or at some sites.
        self.incidents = [
            ("hub-3.corp.example", SITES, 20, 24, self.causes[0]),
            ("hub-5.corp.example", ["lyon", "wien"], 24, 24, self.causes[1]),
            ("hub-6.corp.example", ["porto"], 22, 23, self.causes[2]),
        ]
        self.incidents += [
            (hub, rng.sample(SITES, rng.choice([1, 2, 8])), first, first + rng.randint(0, 9), rng.choice(self.causes))
            for hub in HUBS
            for first in rng.sample(range(len(DAYS)), 2)
        ]
        self.alone = {
            (machine, rng.choice(HUBS)): rng.choice(self.causes) for _, machine in rng.sample(self.machines, 30)
        }
        # The last day on which a computer writes, for those that fall silent.
        self.last = {machine: rng.randint(5, 23) for _, machine in rng.sample(self.machines, 12)}
        self.unlabelled = {machine for _, machine in rng.sample(self.machines, 3)}
        self.ends = {hub: dt.datetime(2026, 11, 25, 7, 30) + dt.timedelta(days=9 * n) for n, hub in enumerate(HUBS)}

    def cause(self, site, machine, hub, day):
        if (machine, hub) in self.alone:
            return self.alone[machine, hub]
        for place, sites, first, last, cause in self.incidents:
            if place == hub and site in sites and first <= day <= last:
                return cause
        return None

    def runs(self):
        """(site, machine, day, hubs) of every run, until there are enough lines."""
        count, runs = 0, []
        for day in range(len(DAYS)):
            for site, machine in self.machines:
                if day <= self.last.get(machine, len(DAYS)) and self.rng.random() < 0.97:
                    runs.append((site, machine, day, HUBS))
                    count += len(HUBS)
        # Some look twice a day; and some have no hubs.ini, which is a line without a hub.
        while LINES - count >= len(HUBS) + 500:
            site, machine, day, hubs = self.rng.choice(runs)
            runs.append((site, machine, day, hubs))
            count += len(hubs)
        while count < LINES:
            site, machine, day, _ = self.rng.choice(runs)
            runs.append((site, machine, day, [None]))
            count += 1
        return runs


def make(folder):
    """Writes the lines, one file for each computer, and returns what is in them."""
    rng = random.Random(20261124)
    by_cause, ready, no_hub = templates(folder)
    fleet = Fleet(rng, by_cause)
    moments, rows, files = set(), [], collections.defaultdict(list)
    for site, machine, day, hubs in fleet.runs():
        second = rng.randrange(86_400)
        while (machine, day, second) in moments:
            second = rng.randrange(86_400)
        moments.add((machine, day, second))
        started = dt.datetime.combine(DAYS[day], dt.time()) + dt.timedelta(
            seconds=second, milliseconds=rng.randrange(1000)
        )
        run = str(uuid.UUID(int=rng.getrandbits(128), version=4))
        labelled = machine not in fleet.unlabelled
        for hub in hubs:
            cause = None if hub is None else fleet.cause(site, machine, hub, day)
            line = dict(no_hub if hub is None else by_cause[cause] if cause else ready)
            line["run"], line["started"] = run, started.isoformat(timespec="milliseconds") + "Z"
            line["labels"] = {"site": site, "machine": machine}
            if not labelled:
                # As a version before there were labels, and as a task that gives none.
                line.pop("labels") if rng.random() < 0.5 else line.update(labels={})
            line["duration_ms"] = round(rng.lognormvariate(5 + SITES.index(site) / 8, 0.5), 1)
            if hub is not None:
                line["name"], line["host"], line["url"] = hub, hub, f"https://{hub}"
            if hub is not None and line["certificate_not_after"]:
                inspected = site == "oslo" and hub == "hub-1.corp.example"
                ends = fleet.ends[hub] - dt.timedelta(days=5 if inspected else 0)
                line["certificate_issuer"] = DEVICE if inspected else REAL
                line["certificate_not_after"] = ends.isoformat() + "Z"
            rows.append(row(line, started))
            files[site, machine].append(json.dumps(line, ensure_ascii=False))
    for (site, machine), texts in files.items():
        os.makedirs(f"{folder}/runs/{site}", exist_ok=True)
        with open(f"{folder}/runs/{site}/{machine}.ndjson", "w", encoding="utf-8") as file:
            file.write("\n".join(texts) + "\n")
    return rows


def row(line, started):
    """What the answers are counted from."""
    labels = line.get("labels", {})
    fields = "run host ready cause confidence owner duration_ms certificate_issuer".split()
    ends = line["certificate_not_after"]
    return {name: line[name] for name in fields} | {
        "site": labels.get("site", ""),
        "machine": labels.get("machine", ""),
        "started": started,
        "day": started.date(),
        "ends": ends and dt.datetime.fromisoformat(ends.rstrip("Z")),
        "causes": [cause["id"] for cause in line["causes"]],
        "state": line["cause"] or line["ready"],
    }


# --- the answers, counted --------------------------------------------------------------------


def grouped(rows, *names):
    groups = collections.defaultdict(list)
    for one in rows:
        groups[tuple(one[name] for name in names)].append(one)
    return groups


def different(rows, name):
    return len({one[name] for one in rows if one[name] is not None})


def last_word(rows):
    """Of each computer about each hub, the last line."""
    last = {}
    for one in sorted(rows, key=lambda one: one["started"]):
        last[one["machine"], one["host"]] = one
    return last


def top_causes_by_site(rows):
    week = [r for r in rows if r["cause"] and r["ready"] == "no" and (TODAY - r["day"]).days < 7]
    by_site = collections.defaultdict(list)
    for (site, cause), group in grouped(week, "site", "cause").items():
        by_site[site].append((-different(group, "machine"), -len(group), cause))
    return [
        (site, place, cause, -machines, -runs)
        for site in sorted(by_site)
        for place, (machines, runs, cause) in enumerate(sorted(by_site[site])[:3], 1)
    ]


def hubs_by_owner(rows):
    today = [r for r in rows if r["ready"] == "no" and r["host"] and r["day"] == TODAY]
    answer = [
        (owner, host, cause, different(group, "machine"), different(group, "site"))
        for (owner, host, cause), group in grouped(today, "owner", "host", "cause").items()
    ]
    return sorted(answer, key=lambda a: (a[0], -a[3], a[1], a[2]))


def changed_since_yesterday(rows):
    known = [r for r in rows if r["host"]]
    today = last_word(r for r in known if r["day"] == TODAY)
    before = last_word(r for r in known if r["day"] == DAYS[-2])
    count = collections.Counter(
        (now["site"], now["host"], before[key]["state"], now["state"])
        for key, now in today.items()
        if key in before and before[key]["state"] != now["state"]
    )
    return sorted(((*key, n) for key, n in count.items()), key=lambda a: (-a[4], *a[:4]))


def certificates_ending(rows):
    now = max(r["started"] for r in rows)
    soon = [
        r for r in rows
        if r["day"] == TODAY and r["ends"] and now <= r["ends"] < now + dt.timedelta(days=30)
    ]  # fmt: skip
    answer = [
        (host, issuer, min(r["ends"] for r in group), different(group, "site"))
        for (host, issuer), group in grouped(soon, "host", "certificate_issuer").items()
    ]
    return sorted(answer, key=lambda a: (a[2], a[0], a[1]))


def quantile(values, share):
    values = sorted(values)
    place = (len(values) - 1) * share
    low = math.floor(place)
    high = min(low + 1, len(values) - 1)
    return values[low] + (values[high] - values[low]) * (place - low)


def slowest_hubs(rows):
    week = [r for r in rows if r["ready"] == "yes" and (TODAY - r["day"]).days < 7]
    answer = [
        (site, host, quantile([r["duration_ms"] for r in group], 0.95), len(group))
        for (site, host), group in grouped(week, "site", "host").items()
        if len(group) >= 20
    ]
    return sorted(answer, key=lambda a: (-a[2], a[0], a[1]))[:20]


def odd_machines(rows):
    last = last_word(r for r in rows if r["host"] and r["day"] == TODAY)
    answer = []
    for (host,), group in grouped(last.values(), "host").items():
        state, most = collections.Counter(r["state"] for r in group).most_common(1)[0]
        if most * 2 > len(group):
            answer += [
                (r["site"], r["machine"], host, r["state"], state, most) for r in group if r["state"] != state
            ]
    return sorted(answer, key=lambda a: a[:3])


def first_and_last_seen(rows):
    found = [r | {"id": cause} for r in rows for cause in r["causes"]]
    return sorted(
        (cause, min(r["day"] for r in group), max(r["day"] for r in group), different(group, "host"),
         different(group, "machine"))
        for (cause,), group in grouped(found, "id").items()
    )  # fmt: skip


def silent_machines(rows):
    last = {key: max(r["day"] for r in group) for key, group in grouped(rows, "site", "machine").items()}
    answer = [(*key, day) for key, day in last.items() if (TODAY - day).days >= 3]
    return sorted(answer, key=lambda a: (a[2], a[0], a[1]))


def causes_of_a_hub(rows):
    hub = [r for r in rows if r["host"] == "hub-3.corp.example" and r["cause"]]
    answer = [
        (day, cause, owner, sure, different(group, "machine"), min(r["run"] for r in group))
        for (day, cause, owner, sure), group in grouped(hub, "day", "cause", "owner", "confidence").items()
    ]
    return sorted(answer, key=lambda a: (-a[0].toordinal(), -a[4], a[1], a[3]))[:30]


ANSWERS = {
    function.__name__.replace("_", "-"): function
    for function in (
        top_causes_by_site, hubs_by_owner, changed_since_yesterday, certificates_ending, slowest_hubs,
        odd_machines, first_and_last_seen, silent_machines, causes_of_a_hub,
    )
}  # fmt: skip


# --- the engines -----------------------------------------------------------------------------


def blocks(page):
    found = collections.defaultdict(dict)
    for engine, name, text in re.findall(r"^```sql (\w+) ([a-z-]+)\n(.*?)^```$", page, re.S | re.M):
        for one in ("duckdb", "clickhouse") if engine == "both" else (engine,):
            if name in found[one]:
                sys.exit(f"{name} stands twice for {one}")
            found[one][name] = text.strip().rstrip(";")
    return found


class Duckdb:
    def __init__(self, statements):
        import duckdb

        self.connection = duckdb.connect()
        self.connection.execute("SET TimeZone = 'UTC'")
        self.connection.execute(statements["table"])

    def ask(self, text):
        return self.connection.execute(text).fetchall()


class Clickhouse:
    def __init__(self, statements):
        from chdb.session import Session

        self.session = Session()
        for name in ("table", "load"):
            self.session.query(statements[name])

    def ask(self, text):
        answer = self.session.query(text, "JSONCompactEachRow")
        return [tuple(json.loads(line)) for line in str(answer).splitlines()]


def plain(value):
    """One spelling for what the engines and Python spell differently."""
    if isinstance(value, dt.datetime):
        return value.strftime("%Y-%m-%d %H:%M:%S")
    if isinstance(value, dt.date):
        return value.isoformat()
    if isinstance(value, float):
        return round(value, 6)
    if isinstance(value, str) and re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.0+", value):
        return value.split(".")[0]
    if isinstance(value, str) and re.fullmatch(r"\d+", value):
        return int(value)
    return value


def wrong(answer, expected):
    """The first difference, if there is one."""
    answer, expected = ([tuple(map(plain, one)) for one in rows] for rows in (answer, expected))
    for place, (one, other) in enumerate(zip(answer, expected)):
        if one != other:
            return f"row {place}: {one}, expected {other}"
    return f"{len(answer)} rows, expected {len(expected)}" if len(answer) != len(expected) else None


def main():
    page, folder = sys.argv[1:]
    found = blocks(open(page, encoding="utf-8").read())
    for engine, others in (("duckdb", {"table"}), ("clickhouse", {"table", "load"})):
        if found[engine].keys() != ANSWERS.keys() | others:
            sys.exit(f"page and answers differ for {engine}: {found[engine].keys() ^ (ANSWERS.keys() | others)}")
    begun = time.monotonic()
    rows = make(folder)
    print(f"{len(rows)} lines of {len(os.listdir(folder + '/runs'))} sites, {time.monotonic() - begun:.0f} s")
    os.chdir(folder)
    failed = len(rows) != LINES
    engines = {"duckdb": Duckdb(found["duckdb"]), "clickhouse": Clickhouse(found["clickhouse"])}
    for name, count in ANSWERS.items():
        expected = count(rows)
        # A comparison that sees nothing wrong must be able to.
        assert expected and wrong(expected[1:], expected) and wrong(expected + expected[:1], expected), name
        for engine, one in engines.items():
            begun = time.monotonic()
            try:
                fault = wrong(one.ask(found[engine][name]), expected)
            except Exception as error:  # noqa: BLE001 (every engine has its own)
                fault = str(error).strip()[:600]
            mark = "WRONG" if fault else "right"
            print(f"  {mark}  {engine:<10} {name:<24} {len(expected):>4} rows, {time.monotonic() - begun:.1f} s")
            if fault:
                print(f"         {fault}")
                failed = True
    sys.exit(failed)


main()
