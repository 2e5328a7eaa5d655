"""Writes reports in which every name and sentence is hostile.

usage: hostile.py FOLDER REPORT...

The words of the report's closed vocabularies stay: a program that got others refuses the report.
"""

import json
import pathlib
import sys

# What each of the readers takes for its own: tags, quotes, bars, labels, line ends, escapes.
HOSTILE = (
    "</testsuite>]]>&amp;<x y='\"'> | a=1;2 '\\\" {b=\"c\"} \\n\n# EOF\r\n\t\0\x1b[2J\x1b]0;t\x07"
    "\u0085\u2028\u202e\ufffe\uffff $(id) `id` %s \U0001f980"
)
TEXTS = {"name", "title", "summary", "at", "expected", "seen", "detail", "url", "host", "file"}
LISTS = {"proof", "remedy", "ruled_out", "see"}


def hostile(value, key=None):
    if isinstance(value, dict):
        # Evidence is typed; a text in it may be an address or a time.
        return {k: v if k in ("evidence", "link", "way", "environment", "tool", "source") else hostile(v, k)
                for k, v in value.items()}
    if isinstance(value, list):
        return [HOSTILE + one if isinstance(one, str) and key in LISTS else hostile(one, key)
                for one in value]
    if isinstance(value, str) and key in TEXTS:
        return HOSTILE + value + HOSTILE
    return value


def main():
    folder = pathlib.Path(sys.argv[1])
    for number, path in enumerate(sys.argv[2:]):
        report = json.loads(pathlib.Path(path).read_text())
        (folder / f"{number}.json").write_text(json.dumps(hostile(report)))


main()
