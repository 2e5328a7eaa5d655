"""Every report of the lab against the schema that the program prints.

    valid.py RUNS HUBLINK

Prints what is wrong, or how many reports were right. Ends with 1 if one is wrong or none was found, 77 if
the module is missing.
"""

import json
import pathlib
import subprocess
import sys

try:
    from jsonschema import Draft202012Validator
except ImportError:
    print("left out: reports against the schema: python3-jsonschema is not installed")
    sys.exit(77)


def main():
    runs, hublink = sys.argv[1:]
    schema = json.loads(subprocess.run([hublink, "schema"], check=True, capture_output=True).stdout)
    Draft202012Validator.check_schema(schema)
    validator = Draft202012Validator(schema)
    reports = sorted(pathlib.Path(runs).rglob("report.json"))
    wrong = 0
    for path in reports:
        # A scenario that is meant to end without a report leaves an empty file.
        text = path.read_text()
        if not text.strip():
            continue
        for error in list(validator.iter_errors(json.loads(text)))[:3]:
            wrong += 1
            place = "/".join(map(str, error.absolute_path))
            print(f"{path.parent.relative_to(runs)}: {place}: {error.message[:200]}")
    print(f"{len(reports)} reports against the schema, {wrong} errors")
    sys.exit(1 if wrong or not reports else 0)


main()
