#!/usr/bin/env python3
"""The list of what is inside hublink.exe, as a CycloneDX document of version 1.5.

    docs/packaging/sbom.py EXE

What cargo says it compiles into the program for Windows is printed; nothing is downloaded. The id and
the time come from the program and SOURCE_DATE_EPOCH, so that the same program has the same list.
"""
import hashlib
import json
import os
import subprocess
import sys
import tomllib
import uuid
from datetime import datetime, timezone

TARGET = "x86_64-pc-windows-gnu"


def metadata():
    command = ["cargo", "metadata", "--locked", "--format-version=1", f"--filter-platform={TARGET}"]
    return json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)


def linked(graph, root):
    """The packages that end up in the program: neither those of tests nor those that only build it."""
    builders = {
        package["id"]
        for package in graph["packages"]
        if any("proc-macro" in target["kind"] for target in package["targets"])
    }
    nodes = {node["id"]: node for node in graph["resolve"]["nodes"]}
    seen, waiting = {}, [root]
    while waiting:
        package = waiting.pop()
        if package in seen:
            continue
        needs = [
            dependency["pkg"]
            for dependency in nodes[package]["deps"]
            if dependency["pkg"] not in builders
            and any(kind["kind"] is None for kind in dependency["dep_kinds"])
        ]
        seen[package] = sorted(needs)
        waiting.extend(needs)
    return seen


def reference(package):
    return f"pkg:cargo/{package['name']}@{package['version']}"


def component(package, sums):
    found = {
        "type": "library",
        "bom-ref": reference(package),
        "name": package["name"],
        "version": package["version"],
        "purl": reference(package),
    }
    if package["license"]:
        found["licenses"] = [{"expression": package["license"].replace("/", " OR ")}]
    digest = sums.get((package["name"], package["version"]))
    if digest:
        found["hashes"] = [{"alg": "SHA-256", "content": digest}]
    return found


def standard_library():
    """What the compiler brings along; its version is the compiler's."""
    told = subprocess.run(["rustc", "-vV"], check=True, stdout=subprocess.PIPE, text=True).stdout
    version = next(line.split()[1] for line in told.splitlines() if line.startswith("release: "))
    name = f"pkg:generic/rust-std@{version}"
    licenses = [{"expression": "MIT OR Apache-2.0"}]
    return {"type": "library", "bom-ref": name, "name": "std", "version": version, "purl": name, "licenses": licenses}


def main():
    with open(sys.argv[1], "rb") as file:
        digest = hashlib.sha256(file.read()).hexdigest()
    graph = metadata()
    packages = {package["id"]: package for package in graph["packages"]}
    root = graph["resolve"]["root"]
    needs = linked(graph, root)
    with open("Cargo.lock", "rb") as file:
        locked = tomllib.load(file)["package"]
    sums = {(one["name"], one["version"]): one["checksum"] for one in locked if "checksum" in one}
    program = {**component(packages[root], sums), "type": "application"}
    program["hashes"] = [{"alg": "SHA-256", "content": digest}]
    stamp = datetime.fromtimestamp(int(os.environ["SOURCE_DATE_EPOCH"]), timezone.utc)
    others = sorted((packages[one] for one in needs if one != root), key=reference)
    document = {
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "serialNumber": f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_DNS, digest)}",
        "version": 1,
        "metadata": {"timestamp": stamp.strftime("%Y-%m-%dT%H:%M:%SZ"), "component": program},
        "components": [*(component(package, sums) for package in others), standard_library()],
        "dependencies": sorted(
            (
                {"ref": reference(packages[one]), "dependsOn": sorted({reference(packages[n]) for n in needs[one]})}
                for one in needs
            ),
            key=lambda entry: entry["ref"],
        ),
    }
    json.dump(document, sys.stdout, indent=2, ensure_ascii=False)
    sys.stdout.write("\n")


if __name__ == "__main__":
    main()
