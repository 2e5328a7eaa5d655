"""Completes a cause in an interactive zsh, as somebody who presses the tab key.

usage: zsh.py FOLDER-OF-_hublink
"""

import os
import pty
import select
import sys
import time

PROMPT = b"ready> "


def read_until(terminal, wanted, seconds):
    seen, end = b"", time.monotonic() + seconds
    while wanted not in seen and time.monotonic() < end:
        if select.select([terminal], [], [], 0.1)[0]:
            seen += os.read(terminal, 65536)
    return seen


def main():
    pid, terminal = pty.fork()
    if pid == 0:
        os.environ.update(TERM="dumb", HOME=sys.argv[1], PS1=PROMPT.decode())
        os.execvp("zsh", ["zsh", "-f", "-i"])
    os.write(terminal, f"fpath=({sys.argv[1]} $fpath); autoload -U compinit; compinit -u -D\n".encode())
    os.write(terminal, b"print loa''ded\n")
    seen = read_until(terminal, b"loaded", 20)
    os.write(terminal, b"hublink explain dns/name-n\t")
    seen += read_until(terminal, b"dns/name-not-found", 20)
    os.write(terminal, b"\x15exit\n")
    os.close(terminal)
    os.waitpid(pid, 0)
    assert b"dns/name-not-found" in seen, seen


main()
