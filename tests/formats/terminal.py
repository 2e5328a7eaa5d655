"""Looks at the board of hubs as a terminal shows it.

usage: terminal.py HUBLINK

The hubs wait for a name server on loopback that never answers. What the program writes is drawn on a
screen of our own, which knows what the board uses and nothing more: anything else is an error.
"""

import fcntl
import os
import pty
import re
import select
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import termios
import time

STEP = re.compile(r"\x1b\[(\d*)([AKJm])|\x1b\[([\d;]*)m|(\r)|(\n)|([^\x00-\x1f\x7f]+)", re.S)


class Screen:
    """Rows below one another; long lines would be broken, so they are an error."""

    def __init__(self, width, height):
        self.width, self.height = width, height
        self.rows, self.row, self.column, self.most = [""], 0, 0, 0

    def feed(self, text):
        at = 0
        while at < len(text):
            step = STEP.match(text, at)
            assert step, f"what does this do at a terminal? {text[at:at + 20]!r}"
            at = step.end()
            self.take(step)
        self.most = max(self.most, sum(1 for row in self.rows if row.strip()))

    def take(self, step):
        kind = step.group(2)
        if kind == "A":
            self.row -= int(step.group(1) or 1)
            assert self.row >= 0, "above what was drawn"
        elif kind == "K":
            self.rows[self.row] = self.rows[self.row][:self.column]
        elif kind == "J":
            self.rows[self.row] = self.rows[self.row][:self.column]
            del self.rows[self.row + 1:]
        elif step.group(4):
            self.column = 0
        elif step.group(5):
            self.row += 1
            if self.row == len(self.rows):
                self.rows.append("")
            assert len(self.rows) <= self.height, "more rows than the screen has"
        elif step.group(6):
            row = self.rows[self.row].ljust(self.column)
            text = step.group(6)
            self.rows[self.row] = row[:self.column] + text + row[self.column + len(text):]
            self.column += len(text)
            assert self.column < self.width, f"too wide: {self.rows[self.row]!r}"


def watch(command, width=80, height=24, environment=None, interrupt=None):
    """Runs a command with standard error at a terminal; its screens, one per look, and the raw text."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", height, width, 0, 0))
    variables = {"TERM": "xterm", "PATH": os.environ["PATH"], **(environment or {})}
    program = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=theirs,
                               env=variables)
    os.close(theirs)
    screen, raw, pictures, begun = Screen(width, height), "", [], time.monotonic()
    pending = b""
    while True:
        if interrupt and time.monotonic() > begun + interrupt:
            program.send_signal(signal.SIGINT)
            interrupt = None
        if not select.select([ours], [], [], 0.1)[0]:
            continue
        try:
            pending += os.read(ours, 65536)
        except OSError:  # Linux says so when the other end is closed.
            break
        # A letter or a step may come in two parts; a picture ends in one of these.
        if not pending.endswith((b"\x1b[J", b"\n")):
            continue
        text, pending = pending.decode().replace("\r\n", "\n\r"), b""
        raw += text
        screen.feed(text)
        pictures.append([row.rstrip() for row in screen.rows if row.strip()])
    return screen, pictures, raw, program.wait()


def main():
    hublink = sys.argv[1]
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as mute, tempfile.TemporaryDirectory() as folder:
        mute.bind(("127.0.0.1", 0))
        silent = ["--resolver", "127.0.0.1:%d" % mute.getsockname()[1], "--format", "json"]

        one = [hublink, "hub.invalid", "--deadline", "2.5", *silent]
        screen, pictures, raw, code = watch(one)
        assert code == 3 and not any(screen.rows), (code, screen.rows)
        assert any(re.match(r"hub\.invalid  [✓-]+…·+  dns( \d s)?$", rows[0]) for rows in pictures if rows), pictures
        assert any("dns 1 s" in rows[0] for rows in pictures if rows), "seconds of a slow step"
        assert "\x1b[3" in raw, "colours at a terminal"

        *_, raw, _ = watch(one, environment={"NO_COLOR": "1"})
        assert "…" in raw and not re.search(r"\x1b\[[\d;]*m", raw), "NO_COLOR"
        *_, raw, _ = watch([*one, "--color", "never"])
        assert "…" in raw and not re.search(r"\x1b\[[\d;]*m", raw), "--color never"
        *_, raw, _ = watch([*one, "--quiet"])
        assert raw == "", "--quiet"
        *_, raw, _ = watch(one, environment={"TERM": "dumb"})
        assert raw == "", "a terminal that cannot be drawn on"
        screen, _, raw, code = watch([*one[:2], "--deadline", "30", *silent], interrupt=1)
        assert code == 3 and not any(screen.rows), "interrupted, nothing is left behind"

        path = os.path.join(folder, "hubs.ini")
        with open(path, "w", encoding="utf-8") as file:
            file.write("[\x1b[2J\x1b]0;owned\x07\u202eevil]\nlink=https://evil.invalid\n")
            for number in range(60):
                file.write(f"[Hub {number} of a name that is longer than any screen has room for it, really]\n"
                           f"link=https://hub{number}.invalid\n")
        many = [hublink, path, "--deadline", "2.5", "--jobs", "4", *silent]
        for width, height in ((80, 24), (40, 10), (20, 3)):
            screen, pictures, raw, _ = watch(many, width, height)
            assert not any(screen.rows), screen.rows
            assert screen.most == height - 1, (screen.most, height)
            assert "owned\x07" not in raw and "\u202e" not in raw
        assert any("of 61 hubs done" in rows[-1] for rows in pictures if rows), pictures[-3:]

        told = subprocess.run(one, capture_output=True, check=False)
        assert told.stderr == b"", "in a pipe there is nothing"
        told = subprocess.run([*one, "--verbose"], capture_output=True, check=False)
        assert b"hub.invalid: link passed\n" in told.stderr, told.stderr
        assert b"\x1b" not in told.stderr, "and nothing moves a cursor"


main()
