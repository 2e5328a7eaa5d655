"""Lets programs look at the same hubs in turns, and writes down what it cost.

Every program looks once before it counts, so that no one pays for cold files. The turns go round, so
that a busy moment of this computer hits all of them.
"""

import argparse
import concurrent.futures
import http.client
import json
import os
import signal
import subprocess
import threading
import time
import urllib.parse

# A program that has not ended by then counts as if it had taken that long.
LIMIT = 120
# Those that take tens of seconds look so often only.
SLOW = {"testssl.sh": 3}


def options():
    parser = argparse.ArgumentParser()
    for name in ("sentence", "hubs", "hublink", "ca", "ini", "scratch", "out", "expected"):
        parser.add_argument("--" + name, required=True)
    parser.add_argument("--runs", type=int, required=True)
    parser.add_argument("programs", nargs="+")
    return parser.parse_args()


class Command:
    """A program that looks and ends."""

    def __init__(self, scratch, argv, out="told"):
        self.argv, self.scratch, self.out = argv, scratch, out

    def look(self):
        peak = os.path.join(self.scratch, "peak")
        told = os.path.join(self.scratch, self.out)
        with open(told, "wb") as out:
            begun = time.monotonic()
            # `time` stands between, because a child begins with the memory of its parent.
            child = subprocess.Popen(
                ["time", "--quiet", "--format=%M", "--output", peak, *self.argv],
                stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT, start_new_session=True)
            end = threading.Timer(LIMIT, os.killpg, (child.pid, signal.SIGKILL))
            end.start()
            _, status, usage = os.wait4(child.pid, 0)
            took = time.monotonic() - begun
            end.cancel()
            child.returncode = os.waitstatus_to_exitcode(status)
        try:
            kib = int(open(peak).read().split()[-1])
        except (OSError, ValueError, IndexError):
            kib = None
        return {"s": took, "cpu_s": usage.ru_utime + usage.ru_stime, "kib": kib, "exit": child.returncode}

    def told(self):
        return open(os.path.join(self.scratch, self.out), errors="replace").read()

    def close(self):
        pass


class Exporter:
    """Prometheus's blackbox_exporter: a server that is asked for one hub at a time."""

    def __init__(self, scratch, ca, hubs):
        self.hubs, self.lines = hubs, []
        settings = os.path.join(scratch, "blackbox.yml")
        with open(settings, "w") as out:
            json.dump({"modules": {"hub": {"prober": "http", "timeout": "20s", "http": {
                "preferred_ip_protocol": "ip4", "follow_redirects": False,
                "valid_status_codes": [200, 301, 302], "tls_config": {"ca_file": ca}}}}}, out)
        self.log = open(os.path.join(scratch, "blackbox.log"), "wb")
        self.child = subprocess.Popen(
            ["prometheus-blackbox-exporter", "--config.file", settings,
             "--web.listen-address=127.0.0.1:9115"], stdout=self.log, stderr=self.log)
        for _ in range(100):
            try:
                self.ask("localhost")
                return
            except OSError:
                time.sleep(0.05)

    def ask(self, hub):
        way = http.client.HTTPConnection("127.0.0.1", 9115, timeout=30)
        way.request("GET", "/probe?module=hub&target=" + urllib.parse.quote(f"https://{hub}/", safe=""))
        return way.getresponse().read().decode()

    def cpu(self):
        fields = open(f"/proc/{self.child.pid}/stat").read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def look(self):
        before, begun = self.cpu(), time.monotonic()
        with concurrent.futures.ThreadPoolExecutor(min(len(self.hubs), 50)) as pool:
            answers = list(pool.map(self.ask, self.hubs))
        took = time.monotonic() - begun
        self.lines = [f"{hub}: {line}" for hub, answer in zip(self.hubs, answers)
                      for line in answer.splitlines() if line.startswith("probe_success 0")]
        peak = [line for line in open(f"/proc/{self.child.pid}/status") if line.startswith("VmHWM")]
        return {"s": took, "cpu_s": self.cpu() - before, "kib": int(peak[0].split()[1]),
                "exit": int(bool(self.lines))}

    def told(self):
        return "\n".join(self.lines)

    def close(self):
        self.child.kill()
        self.child.wait()


class Verdicts(Command):
    """The doctor, watched: when the last healthy hub was told."""

    def look(self):
        begun = time.monotonic()
        child = subprocess.Popen(self.argv, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                 stderr=subprocess.PIPE, text=True)
        last = 0.0
        for line in child.stderr:
            if " ready" in line and "not ready" not in line:
                last = time.monotonic() - begun
        child.wait()
        return {"s": last, "cpu_s": 0, "kib": None, "exit": child.returncode}


def program(name, asked, hubs):
    urls = [f"https://{hub}/" for hub in hubs]
    curl = ["curl", "--silent", "--show-error", "--no-progress-meter", "--cacert", asked.ca, "--connect-timeout", "20"]
    ours = ["--ca-file", asked.ca, "--format", "json"]
    targets = [asked.ini] if len(hubs) > 1 else hubs
    if name == "blackbox_exporter":
        return Exporter(asked.scratch, asked.ca, hubs)
    if name == "verdicts of the healthy":
        argv = [asked.hublink, "doctor", "--ca-file", asked.ca, "--verbose", *targets]
        return Verdicts(asked.scratch, argv)
    argv = {
        "curl": curl + ["--output", "/dev/null", urls[0]],
        "curl -Z": curl + ["--parallel", "--parallel-immediate", "--parallel-max", "50",
                           *(word for url in urls for word in ("--output", "/dev/null", url))],
        "hublink preflight": [asked.hublink, "preflight", *ours, *targets],
        "hublink doctor": [asked.hublink, "doctor", *ours, *targets],
        "sslyze --certinfo": ["sslyze", "--certinfo", f"--certinfo_ca_file={asked.ca}", *hubs],
        "nmap ssl-cert": ["nmap", "-Pn", "-n", "-p", "443", "--script", "ssl-cert", *hubs],
        "testssl.sh -S": ["testssl", "-S", "--quiet", "--warnings=off", "--color", "0", *hubs],
    }[name]
    return Command(asked.scratch, argv, name.replace(" ", "-"))


def start_up(asked):
    """How long `--version` takes, and the same of curl."""
    taken = {"hublink": [], "curl": []}
    for turn in range(51):
        for name, path in (("hublink", asked.hublink), ("curl", "curl")):
            begun = time.monotonic()
            subprocess.run([path, "--version"], stdout=subprocess.DEVNULL, check=True)
            if turn:
                taken[name].append(time.monotonic() - begun)
    return taken


def complaints(text):
    """The lines in which a program says that something is wrong, the first few of them."""
    words = ("timed out", "timeout", "filtered", "refused", "reset", "could not connect", "failed to connect",
             "can't connect", "probe_success 0", "connection")
    told = [line.strip() for line in text.splitlines() if any(word in line.lower() for word in words)]
    return list(dict.fromkeys(told))[:5]


def causes(path):
    """How many hubs a report of hublink calls ready, and what it names for the others."""
    report = json.load(open(path))
    verdicts = [hub["verdict"] for hub in report["hubs"]]
    named = sorted({v["cause"] for v in verdicts if v["cause"]})
    return {"ready": sum(v["ready"] == "yes" for v in verdicts), "hubs": len(verdicts), "causes": named}


def main():
    asked = options()
    hubs = open(asked.hubs).read().split()
    programs = {name: program(name, asked, hubs) for name in asked.programs}
    samples = {name: [] for name in programs}
    left_out = {}
    for turn in range(asked.runs + 1):
        for name, one in programs.items():
            if name in left_out or turn > SLOW.get(name, asked.runs):
                continue
            try:
                seen = one.look()
            except FileNotFoundError as error:
                left_out[name] = str(error)
                continue
            if seen["exit"] == 127:
                left_out[name] = "not installed"
            elif turn:
                samples[name].append(seen)
    told = {name: complaints(one.told()) for name, one in programs.items()
            if name not in left_out and not isinstance(one, Verdicts)}
    found = {}
    for name in ("hublink doctor", "hublink preflight"):
        if name in programs:
            found[name] = causes(os.path.join(asked.scratch, name.replace(" ", "-")))
    for one in programs.values():
        one.close()
    with open(asked.out, "w") as out:
        json.dump({"sentence": asked.sentence, "hubs": len(hubs), "expected": asked.expected.split(),
                   "samples": samples, "left_out": left_out, "told": told, "found": found,
                   "start_up": start_up(asked)}, out, indent=1)


main()
