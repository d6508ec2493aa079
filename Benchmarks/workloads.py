"""The benchmark's data, made from fixed seeds: the same bytes on every machine and at every run.

W1  one CSV file of events, 1 GiB, of which `zstd -3` makes a little more than a third
W3  W1 with 1% of its rows inserted in the middle and 2% appended
W2  20,000 files of 4 to 40 KB in 200 folders, of several kinds, some hard to compress
huge     ten times W1's size, no part repeating another
million  1,000,000 small files in one folder
thousand 1,000 small files, each an artifact of its own

`scale` shrinks W1, W3, W2 and huge in size and million and thousand in number; the seeds stay.

Run as a script to make them:  python3 workloads.py FOLDER [--scale X] NAME...
"""

import argparse
import array
import itertools
import json
import multiprocessing
import os
import pathlib
import random
import shutil

# Raise this when the bytes made change, so that older caches are not taken for them.
VERSION = 1

W1_BYTES = 1 << 30
ROWS_PER_SEGMENT = 50_000
W2_FILES = 20_000
W2_FOLDERS = 200
MILLION = 1_000_000

HEADER = b"event_id,time,user_id,event,page,country,device,amount,duration_ms,status\n"
EVENTS = ["view", "click", "add_to_cart", "remove_from_cart", "search", "purchase", "login", "logout"]
EVENT_WEIGHTS = [50, 25, 8, 2, 9, 2, 2, 2]
COUNTRIES = ["US", "DE", "FR", "GB", "IN", "BR", "JP", "PL", "ES", "IT", "NL", "SE", "CA", "AU", "MX", "KR"]
COUNTRY_WEIGHTS = [30, 12, 9, 9, 8, 6, 6, 4, 4, 3, 2, 2, 2, 1, 1, 1]
DEVICES = ["android/chrome", "ios/safari", "windows/chrome", "windows/edge", "mac/safari", "linux/firefox"]
DEVICE_WEIGHTS = [30, 25, 22, 8, 11, 4]
SECTIONS = ["/product/", "/category/", "/search?q=", "/cart/", "/help/", "/account/orders/"]
SECTION_WEIGHTS = [50, 20, 15, 8, 2, 5]
STATUSES = ["200", "200", "200", "200", "200", "200", "200", "304", "302", "404", "500"]
WORDS = (
    "the of and to in is that for it as was with be by on not he his but at are this have from or had an they which "
    "one you were her all she there would their we him been has when who will more no if out so said what up its "
    "about into than them can only other new some could time these two may then do first any my now such like our "
    "over man me even most made after also did many before must through back years where much your way well down "
    "should because each just those people how too little state good very make world still own see men work long"
).split()


def _event_rows(kind, segment):
    """The rows of one segment, as bytes. Each segment has its own seed, so segments can be made in parallel."""
    dice = random.Random(f"vintage-{kind}-{segment}")
    count = ROWS_PER_SEGMENT
    # About eleven events a second; the clock never goes back within a segment.
    start = 1_367_366_400_000 + segment * count * 90
    steps = itertools.accumulate(dice.choices(range(1, 180), k=count), initial=start)
    events = dice.choices(EVENTS, EVENT_WEIGHTS, k=count)
    sections = dice.choices(SECTIONS, SECTION_WEIGHTS, k=count)
    countries = dice.choices(COUNTRIES, COUNTRY_WEIGHTS, k=count)
    devices = dice.choices(DEVICES, DEVICE_WEIGHTS, k=count)
    statuses = dice.choices(STATUSES, k=count)
    number = dice.random
    bits = dice.getrandbits
    rows = []
    for time, event, section, country, device, status in zip(steps, events, sections, countries, devices, statuses):
        # A few users and pages make most of the traffic.
        user = int(2_000_000 * number() ** 2)
        page = int(300_000 * number() ** 3)
        amount = f"{number() ** 2 * 400:.2f}" if event in ("purchase", "add_to_cart") else ""
        rows.append(
            f"{bits(64):016x},{time},u{user:07d},{event},{section}{page},{country},{device},{amount},"
            f"{int(number() ** 2 * 400_000)},{status}\n"
        )
    return "".join(rows).encode()


def _pool():
    # Not forked from the caller's memory: a benchmark measures children of a small process.
    return multiprocessing.get_context("spawn").Pool(os.cpu_count())


def _events(size):
    """Blocks of whole rows, cut at `size` bytes after the header."""
    yield HEADER
    left = size - len(HEADER)
    with _pool() as pool:
        # Segments are about 4 MB; ask for a few more than can be needed and stop when full.
        arguments = (("w1", segment) for segment in range(size // (ROWS_PER_SEGMENT * 60) + 2))
        for rows in pool.imap(_rows_of, arguments):
            if len(rows) >= left:
                yield rows[: rows.rfind(b"\n", 0, left) + 1]
                return
            left -= len(rows)
            yield rows


def _rows_of(argument):
    return _event_rows(*argument)


def make_w1(path, scale):
    with open(path, "wb") as out:
        for block in _events(int(W1_BYTES * scale)):
            out.write(block)


def _fresh_rows(kind, size):
    """At least one row and about `size` bytes of rows that W1 does not hold."""
    parts, total, segment = [], 0, 0
    while total < size:
        parts.append(_event_rows(kind, segment))
        total += len(parts[-1])
        segment += 1
    rows = b"".join(parts)
    return rows[: rows.find(b"\n", size - 1) + 1] if size < total else rows


def make_w3(path, w1, scale):
    """W1 with 1% inserted after the row in the middle, and 2% appended."""
    size = os.path.getsize(w1)
    with open(w1, "rb") as source, open(path, "wb") as out:
        left = size // 2
        while left > 0:
            block = source.read(min(left, 1 << 20))
            out.write(block)
            left -= len(block)
        out.write(source.readline())
        out.write(_fresh_rows("w3-middle", size // 100))
        shutil.copyfileobj(source, out, 1 << 20)
        out.write(_fresh_rows("w3-end", size // 50))


def _json_file(dice, size):
    records = []
    total = 0
    while total < size:
        record = json.dumps({
            "id": f"{dice.getrandbits(48):012x}", "country": dice.choice(COUNTRIES), "device": dice.choice(DEVICES),
            "score": round(dice.random(), 6), "clicks": int(dice.random() ** 3 * 1000), "tags": dice.sample(WORDS, 3),
        })
        records.append(record)
        total += len(record) + 1
    return "\n".join(records).encode()[:size]


def _text_file(dice, size):
    return " ".join(dice.choices(WORDS, k=size // 4 + 8)).encode()[:size]


def _table_file(dice, size):
    rows = [f"{i},{dice.random():.5f},{int(dice.random() ** 2 * 9999)},{dice.choice(EVENTS)}" for i in range(size // 20)]
    return ("n,x,k,event\n" + "\n".join(rows)).encode()[:size]


def _vectors_file(dice, size):
    return array.array("f", [dice.uniform(-1, 1) for _ in range(size // 4 + 1)]).tobytes()[:size]


def _image_file(dice, size):
    return dice.randbytes(size)


W2_KINDS = [
    ("json", _json_file, 35), ("txt", _text_file, 20), ("csv", _table_file, 20),
    ("f32", _vectors_file, 15), ("jpg", _image_file, 10),
]


def _make_w2_folder(argument):
    root, folder, files = argument
    dice = random.Random(f"vintage-w2-{folder}")
    path = pathlib.Path(root) / f"part-{folder:03d}"
    path.mkdir(parents=True)
    for number in range(files):
        kind, make, _ = dice.choices(W2_KINDS, [weight for _, _, weight in W2_KINDS])[0]
        size = dice.randint(4_000, 40_000)
        (path / f"{number:05d}-{dice.getrandbits(32):08x}.{kind}").write_bytes(make(dice, size))


def make_w2(path, scale):
    """Fewer folders at a smaller scale, each as full as ever."""
    folders = max(1, round(W2_FOLDERS * scale))
    with _pool() as pool:
        jobs = [(str(path), folder, W2_FILES // W2_FOLDERS) for folder in range(folders)]
        for _ in pool.imap_unordered(_make_w2_folder, jobs):
            pass


def make_huge(path, w1):
    """Ten copies of W1, each with its decimal digits turned by one more, so that no two share a chunk."""
    digits = b"0123456789"
    with open(path, "wb") as out:
        for turn in range(10):
            table = bytes.maketrans(digits, digits[turn:] + digits[:turn])
            with open(w1, "rb") as source:
                while block := source.read(1 << 22):
                    out.write(block.translate(table))


def make_million(path, scale):
    dice = random.Random("vintage-million")
    path = pathlib.Path(path)
    path.mkdir(parents=True)
    for number in range(max(1, int(MILLION * scale))):
        with open(path / f"{number:07d}.json", "wb") as out:
            out.write(b'{"id": %d, "label": "%s", "score": %d}\n' % (
                number, dice.choice(EVENTS).encode(), dice.getrandbits(40)))


def make_thousand(path, scale):
    dice = random.Random("vintage-thousand")
    path = pathlib.Path(path)
    path.mkdir(parents=True)
    for number in range(max(1, int(1000 * scale))):
        (path / f"{number:04d}.csv").write_text(
            "".join(f"{row},{dice.choice(EVENTS)},{dice.getrandbits(40)}\n" for row in range(20)))


def ensure(cache, names, scale):
    """Makes what is missing of the named workloads below `cache`; returns their paths by name."""
    root = pathlib.Path(cache) / f"v{VERSION}-scale-{scale:g}"
    root.mkdir(parents=True, exist_ok=True)
    files = {"w1": "w1.csv", "w3": "w3.csv", "w2": "w2", "huge": "huge.csv", "million": "million",
             "thousand": "thousand"}
    paths = {name: root / file for name, file in files.items()}

    def make(name, maker, *arguments):
        if paths[name].exists():
            return
        print(f"making workload {name} (scale {scale:g})", flush=True)
        # Made beside and renamed, so that an interrupted run leaves no half workload behind.
        partial = root / f".partial-{name}"
        if partial.is_dir():
            shutil.rmtree(partial)
        maker(partial, *arguments)
        partial.rename(paths[name])

    if {"w1", "w3", "huge"} & set(names):
        make("w1", make_w1, scale)
    if "w3" in names:
        make("w3", make_w3, paths["w1"], scale)
    if "w2" in names:
        make("w2", make_w2, scale)
    if "huge" in names:
        make("huge", make_huge, paths["w1"])
    if "million" in names:
        make("million", make_million, scale)
    if "thousand" in names:
        make("thousand", make_thousand, scale)
    return {name: paths[name] for name in names}


def main():
    parser = argparse.ArgumentParser(description="Makes the benchmark's workloads.")
    parser.add_argument("folder", help="where they go")
    parser.add_argument("names", nargs="+", choices=["w1", "w3", "w2", "huge", "million", "thousand"])
    parser.add_argument("--scale", type=float, default=1.0)
    options = parser.parse_args()
    for name, path in ensure(options.folder, options.names, options.scale).items():
        print(f"{name}: {path}")


if __name__ == "__main__":
    main()
