"""Reads every JUnit file of a folder with junitparser, and compares it with the report beside it.

usage: junit.py FOLDER
"""

import json
import pathlib
import sys

from junitparser import Error, Failure, JUnitXml, Skipped


def kinds(case):
    # Older releases have one result, newer ones a list.
    results = case.result if isinstance(case.result, list) else [case.result]
    return [type(result) for result in results if result is not None]


def main():
    for path in sorted(pathlib.Path(sys.argv[1]).glob("*.junit")):
        report = json.loads(path.with_suffix(".json").read_text())
        suites = list(JUnitXml.fromfile(str(path)))
        assert len(suites) == len(report["hubs"]), path
        for suite, hub in zip(suites, report["hubs"]):
            found = [kind for case in suite for kind in kinds(case)]
            counted = (suite.failures, suite.errors, suite.skipped)
            assert counted == tuple(found.count(kind) for kind in (Failure, Error, Skipped)), path
            assert suite.tests == len(list(suite)) >= len(hub["checks"]), path
            red = Failure in found or Error in found
            assert red == (hub["verdict"]["ready"] != "yes"), (path, suite.name)


main()
