"""A git filter that does no work: what git itself takes to pass a content on, as a floor for every other filter.

    git config filter.idle.process "python3 idle_filter.py FOLDER"

It speaks git's long-running filter protocol, version 2. What goes into git is read and dropped, and a short text takes
its place; what comes out of git is the plain file that is kept in FOLDER as `removed NAME`.
"""

import fcntl
import os
import pathlib
import sys

LARGEST = 65516
PIPE_SIZE = 1031  # F_SETPIPE_SZ of Linux


def read_packet(source):
    length = int(source.read(4) or b"0000", 16)
    return source.read(length - 4) if length else None


def read_list(source):
    packets = []
    while (packet := read_packet(source)) is not None:
        packets.append(packet.rstrip(b"\n"))
    return packets


def write(*packets):
    data = b"".join(b"%04x" % (len(packet) + 4) + packet if packet else b"0000" for packet in packets)
    while data:
        data = data[os.write(1, data):]


def write_file(path):
    # Packets are laid out in one buffer, so that a megabyte goes out at once.
    piece = bytearray(16 * (LARGEST + 4))
    view = memoryview(piece)
    with open(path, "rb", buffering=0) as content:
        while True:
            end = 0
            while end < len(piece):
                count = content.readinto(view[end + 4:end + 4 + LARGEST])
                if not count:
                    break
                piece[end:end + 4] = b"%04x" % (count + 4)
                end += count + 4
            if not end:
                return
            rest = view[:end]
            while rest:
                rest = rest[os.write(1, rest):]


def main():
    kept = pathlib.Path(sys.argv[1])
    source = sys.stdin.buffer
    if sys.platform == "linux":
        for pipe in (0, 1):
            fcntl.fcntl(pipe, PIPE_SIZE, 1 << 20)
    read_list(source)
    write(b"git-filter-server\n", b"version=2\n", None)
    read_list(source)
    write(b"capability=clean\n", b"capability=smudge\n", None)
    while request := read_list(source):
        values = dict(line.split(b"=", 1) for line in request)
        while read_packet(source) is not None:
            pass
        name = values[b"pathname"].decode()
        write(b"status=success\n", None)
        if values[b"command"] == b"clean":
            write(b"content of " + name.encode() + b"\n")
        else:
            write_file(kept / f"removed {name}")
        write(None, None)


if __name__ == "__main__":
    main()
