"""Asks name servers for the root of all names; ends with 1 unless each of them knows it.

    asks.py IP…

A server that has just been started takes questions before it has its answers.
"""

import socket
import sys

# Number 1, recursion wanted, one question: ".", SOA, Internet.
QUESTION = b"\0\x01\x01\0\0\x01\0\0\0\0\0\0" + b"\0\0\x06\0\x01"
NO_ERROR = 0


def knows(address):
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as asking:
        asking.settimeout(0.5)
        try:
            asking.sendto(QUESTION, (address, 53))
            answer = asking.recv(4096)
        except OSError:
            return False
    return len(answer) > 3 and answer[3] & 15 == NO_ERROR


sys.exit(0 if all(knows(address) for address in sys.argv[1:]) else 1)
