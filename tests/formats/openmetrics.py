"""Reads every exposition of a folder with the OpenMetrics parser of prometheus_client.

usage: openmetrics.py FOLDER
"""

import json
import pathlib
import sys

from prometheus_client.openmetrics.parser import text_string_to_metric_families


def main():
    for path in sorted(pathlib.Path(sys.argv[1]).glob("*.openmetrics")):
        report = json.loads(path.with_suffix(".json").read_text())
        families = {one.name: one for one in text_string_to_metric_families(path.read_text())}
        ready = [sample for sample in families["hublink_hub_ready"].samples if sample.value == 1]
        words = [sample.labels["ready"] for sample in ready]
        assert words == [hub["verdict"]["ready"] for hub in report["hubs"]], path
        for name, family in families.items():
            assert not name.endswith("_seconds") or family.unit == "seconds", (path, name)


main()
