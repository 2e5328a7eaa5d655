"""Makes the tables of what was measured, and judges the ratios.

    table.py [--partial] HUBLINK LIMITS SAMPLES-FOLDER

Prints Markdown. Ends with 1 if a ratio is above its limit, or if a world that a limit needs is missing
(`--partial` forgives that).
"""

import argparse
import json
import os
import statistics
import sys


def options():
    parser = argparse.ArgumentParser()
    parser.add_argument("--partial", action="store_true")
    for name in ("hublink", "limits", "samples"):
        parser.add_argument(name)
    return parser.parse_args()


def median(samples, what):
    values = [sample[what] for sample in samples if sample[what] is not None]
    return statistics.median(values) if values else None


def number(value, digits):
    return "–" if value is None else f"{value:.{digits}f}"


def spread(samples):
    times = sorted(sample["s"] for sample in samples)
    return f"{times[0]:.3f}–{times[-1]:.3f}"


def named(world, name):
    """What the program says is wrong, or how it put it."""
    expected = world["expected"]
    if not expected:
        return ""
    if name in world["found"]:
        found = world["found"][name]["causes"]
        right = all(cause in found for cause in expected if not is_a_remark(cause))
        return ("yes: " if right and found else "") + (", ".join(found) or "nothing blocks")
    words = world["told"].get(name)
    return f"no: “{words[0][:90]}”" if words else "no"


def is_a_remark(cause):
    """These do not stop a login, so that no verdict names them."""
    return cause in ("dns/resolver-slow", "http/slow")


def world_table(name, world):
    lines = [f"### {name}: {world['sentence']}", "",
             "| program | median s | spread s | CPU ms per hub | peak MiB | looks | cause named |",
             "|---|---|---|---|---|---|---|"]
    for program, samples in world["samples"].items():
        if not samples:
            lines.append(f"| {program} | left out: {world['left_out'].get(program, '?')} | | | | | |")
            continue
        cpu = median(samples, "cpu_s") * 1000 / world["hubs"]
        kib = median(samples, "kib")
        lines.append(f"| {program} | {median(samples, 's'):.3f} | {spread(samples)} | {cpu:.2f} "
                     f"| {number(kib and kib / 1024, 1)} | {len(samples)} | {named(world, program)} |")
    return lines + [""]


class Figures:
    """Where a limit finds its two numbers."""

    def __init__(self, worlds, hublink):
        self.worlds, self.hublink = worlds, hublink

    def of(self, what):
        """`size`, `trips WORLD WORLD PROGRAM`, `start-up PROGRAM`, a plain number, or MEASURE WORLD PROGRAM."""
        if isinstance(what, (int, float)):
            return float(what)
        kind, rest = what[0], what[1:]
        if kind == "size":
            return os.path.getsize(self.hublink) / 1e6
        if kind == "start-up":
            return statistics.median(self.worlds[rest[0]]["start_up"][rest[1]])
        if kind == "trips":
            return self.trips(*rest) * round_trip(rest[0])
        world, program = rest
        samples = self.worlds[world]["samples"][program]
        per_hub = self.worlds[world]["hubs"] if kind.endswith("per_hub") else 1
        value = median(samples, kind.removesuffix("_per_hub"))
        return value / per_hub / (1024 if kind == "kib" else 1)

    def trips(self, near, far, program):
        """How many round trips follow one another: what twice the distance adds, divided by the distance."""
        times = [median(self.worlds[world]["samples"][program], "s") for world in (near, far)]
        added = round_trip(far) - round_trip(near)
        return max(1, round((times[1] - times[0]) / added))


def round_trip(world):
    return int(world.rsplit("-", 1)[1]) / 1000


def judge(limits, figures, partial):
    lines = ["| what | now | at most | target | |", "|---|---|---|---|---|"]
    failed = 0
    for limit in limits:
        try:
            ratio = figures.of(limit["of"]) / figures.of(limit.get("to", 1.0))
        except (KeyError, TypeError, statistics.StatisticsError):
            failed += not partial
            lines.append(f"| {limit['what']} | not measured | {limit['most']} | {limit['target']} | |")
            continue
        word = "kept" if ratio <= limit["most"] else "**BROKEN**"
        failed += ratio > limit["most"]
        missed = f" target missed: {limit['why']}" if ratio > limit["target"] and "why" in limit else ""
        lines.append(f"| {limit['what']} | {ratio:.2f} | {limit['most']} | {limit['target']} | {word}{missed} |")
    return lines, failed


def main():
    asked = options()
    worlds = {}
    for file in sorted(os.listdir(asked.samples)):
        worlds[file.removesuffix(".json")] = json.load(open(os.path.join(asked.samples, file)))
    print("\n".join(line for name, world in worlds.items() for line in world_table(name, world)))
    figures = Figures(worlds, asked.hublink)
    if {"one-20", "one-40"} <= worlds.keys():
        for program in ("curl", "hublink preflight", "hublink doctor"):
            print(f"Round trips of {program} that follow one another: {figures.trips('one-20', 'one-40', program)}")
        print()
    lines, failed = judge(json.load(open(asked.limits)), figures, asked.partial)
    print("\n".join(lines))
    print(f"\n{'all limits kept' if not failed else f'{failed} limits broken'}")
    sys.exit(1 if failed else 0)


main()
