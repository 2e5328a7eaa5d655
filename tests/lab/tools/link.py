"""A line between two interfaces: delays, drops and cuts the frames it carries.

    link.py A B [--delay MS] [--loss PERCENT] [--mtu BYTES] [--seed N]

The kernel of many test machines has no netem, and a program that copies frames needs no module.
"""

import argparse
import heapq
import random
import select
import socket
import time

ETH_P_ALL = 3
# A frame sent by us comes back to a raw socket that listens to everything.
PACKET_OUTGOING = 4


def options():
    parser = argparse.ArgumentParser()
    parser.add_argument("ends", nargs=2)
    parser.add_argument("--delay", type=float, default=0, help="milliseconds, each way")
    parser.add_argument("--loss", type=float, default=0, help="percent of TCP segments, each way")
    parser.add_argument("--mtu", type=int, default=65535, help="longer packets vanish")
    parser.add_argument("--seed", type=int, default=1)
    return parser.parse_args()


def end(name):
    raw = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
    raw.bind((name, ETH_P_ALL))
    return raw


def is_tcp(frame):
    kind = frame[12:14]
    return (kind == b"\x08\x00" and frame[23] == 6) or (kind == b"\x86\xdd" and frame[20] == 6)


def main():
    asked = options()
    chance = random.Random(asked.seed)
    ends = [end(name) for name in asked.ends]
    waiting = []
    number = 0
    while True:
        now = time.monotonic()
        while waiting and waiting[0][0] <= now:
            _, _, out, frame = heapq.heappop(waiting)
            try:
                out.send(frame)
            except OSError:
                pass  # The interface went down: a line that is cut loses what it carries.
        pause = max(0.0, waiting[0][0] - now) if waiting else None
        readable, _, _ = select.select(ends, [], [], pause)
        for source in readable:
            frame, origin = source.recvfrom(65535 + 14)
            if origin[2] == PACKET_OUTGOING or len(frame) - 14 > asked.mtu:
                continue
            # Only what carries the connection is lost, so that names and neighbours are found.
            if asked.loss and is_tcp(frame) and chance.random() * 100 < asked.loss:
                continue
            out = ends[1] if source is ends[0] else ends[0]
            number += 1
            heapq.heappush(waiting, (time.monotonic() + asked.delay / 1000, number, out, frame))


main()
