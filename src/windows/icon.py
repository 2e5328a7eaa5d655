#!/usr/bin/env python3
"""Draws icon.ico: a hub with five spokes, one of them broken and marked.

    src/windows/icon.py src/windows/icon.ico

Everything is drawn by distances to shapes, so that every size is sharp. Uses the standard library.
"""
import math
import struct
import sys
import zlib

SIZES = [16, 24, 32, 48, 64, 256]
TILE, LINE, FAULT = (0x1F, 0x4E, 0x6B), (0xFF, 0xFF, 0xFF), (0xFF, 0xB4, 0x3A)
BROKEN = 0  # the spoke that points to the upper right


def segment(x, y, ax, ay, bx, by):
    """The distance of a point from the line between two others."""
    dx, dy = bx - ax, by - ay
    along = max(0.0, min(1.0, ((x - ax) * dx + (y - ay) * dy) / (dx * dx + dy * dy)))
    return math.hypot(x - ax - along * dx, y - ay - along * dy)


def rounded(x, y):
    """The distance from the tile, a square with round corners; negative within."""
    half, corner = 0.48, 0.11
    dx, dy = abs(x - 0.5) - half + corner, abs(y - 0.5) - half + corner
    return math.hypot(max(dx, 0.0), max(dy, 0.0)) + min(max(dx, dy), 0.0) - corner


def spoke(turn):
    angle = math.radians(-54 + 72 * turn)
    return math.cos(angle), math.sin(angle)


def shapes(x, y):
    """Distance and colour of every shape, from the lowest to the one on top."""
    yield rounded(x, y), TILE
    for turn in range(5):
        dx, dy = spoke(turn)
        end = 0.19 if turn == BROKEN else 0.33
        yield segment(x, y, 0.5, 0.5, 0.5 + end * dx, 0.5 + end * dy) - 0.032, LINE
        colour = FAULT if turn == BROKEN else LINE
        yield math.hypot(x - 0.5 - 0.34 * dx, y - 0.5 - 0.34 * dy) - 0.085, colour
    yield math.hypot(x - 0.5, y - 0.5) - 0.135, LINE


def pixel(column, row, size):
    x, y = (column + 0.5) / size, (row + 0.5) / size
    red = green = blue = alpha = 0.0
    for distance, colour in shapes(x, y):
        cover = max(0.0, min(1.0, 0.5 - distance * size))
        alpha = cover + alpha * (1 - cover)
        red, green, blue = (new * cover + old * (1 - cover) for new, old in zip(colour, (red, green, blue)))
    scale = 1 / alpha if alpha else 0.0
    return tuple(min(255, round(value)) for value in (red * scale, green * scale, blue * scale, alpha * 255))


def png(size):
    rows = b"".join(
        b"\0" + bytes(value for column in range(size) for value in pixel(column, row, size)) for row in range(size)
    )
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    head = struct.pack(">IIBBBBB", size, size, 8, 6, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows, 9)) + chunk(b"IEND", b"")


def bitmap(size):
    """The form that every Windows reads: bottom up, blue first, and an empty mask behind."""
    head = struct.pack("<IiiHHIIiiII", 40, size, 2 * size, 1, 32, 0, 0, 0, 0, 0, 0)
    rows = []
    for row in reversed(range(size)):
        for column in range(size):
            red, green, blue, alpha = pixel(column, row, size)
            rows.append(bytes((blue, green, red, alpha)))
    mask = bytes((size + 31) // 32 * 4 * size)
    return head + b"".join(rows) + mask


def main():
    images = [png(size) if size == 256 else bitmap(size) for size in SIZES]
    at = 6 + 16 * len(images)
    entries = []
    for size, image in zip(SIZES, images):
        entries.append(struct.pack("<BBBBHHII", size % 256, size % 256, 0, 0, 1, 32, len(image), at))
        at += len(image)
    with open(sys.argv[1], "wb") as file:
        file.write(struct.pack("<HHH", 0, 1, len(images)) + b"".join(entries) + b"".join(images))


if __name__ == "__main__":
    main()
