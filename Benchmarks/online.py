#!/usr/bin/env python3
"""The online store: `vintage features materialize` and `vintage serve` against Feast in one process, over the same rows.

    python3 Benchmarks/online.py --vintage .build/release/vintage --install

One view of ten float64 features, a row an entity. Filling: the time of the whole command against that of Feast's `materialize` alone, its
imports not counted. Reading the ten features of 1 and of 100 entities chosen by chance: Feast is called within a process, in SQLite; Vintage is
asked over HTTP on one kept connection, so that its times hold HTTP and JSON both ways and Feast's neither. With `--redis` Vintage is asked over a
Redis server as well, and `redis-benchmark` fetches the very values by one MGET, which is the floor. The three take turns, `--rounds` times, and the
median of the rounds' medians is printed. At the end rows are pushed one by one, each until an answer has it. Feast is taken from PyPI into
.cache/bench/feast; a folder that has it is named by `--feast`.
"""

import datetime
import http.client
import json
import random
import re
import socket
import statistics
import subprocess
import time

from serving import FEATURES, arguments, ask, load, prepare, wait_for

# Either prints the seconds of filling; or, for each line of standard input, a list of questions about lists of entities, prints the median of
# their milliseconds and the last one's answer.
IN_PROCESS = """
import datetime, json, statistics, sys, time
from feast import FeatureStore
store = FeatureStore(repo_path=".")
utc = datetime.timezone.utc
if sys.argv[1] == "fill":
    start = time.perf_counter()
    store.materialize(datetime.datetime(2025, 1, 1, tzinfo=utc), datetime.datetime(2026, 12, 31, tzinfo=utc))
    print(json.dumps(time.perf_counter() - start))
    sys.exit()
features = sys.argv[1].split(",")
print("ready", flush=True)
for line in sys.stdin:
    times = []
    for entities in json.loads(line):
        rows = [{"thing": entity} for entity in entities]
        start = time.perf_counter()
        answer = store.get_online_features(features=features, entity_rows=rows).to_dict()
        times.append((time.perf_counter() - start) * 1000)
    print(json.dumps([statistics.median(times), answer]), flush=True)
"""


def seconds(words, folder, environment):
    start = time.perf_counter()
    subprocess.run(words, cwd=folder, env=environment, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - start


def redis_server(folder):
    port = random.randrange(20_000, 30_000)
    process = subprocess.Popen(
        ["redis-server", "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", folder],
        stdout=subprocess.DEVNULL)
    for _ in range(100):
        if subprocess.run(["redis-cli", "-p", str(port), "ping"], capture_output=True).stdout == b"PONG\n":
            return process, port
        time.sleep(0.1)
    raise SystemExit("the Redis server did not begin to answer")


class Redis:
    """As much of Redis's protocol as copies values to keys that can be written on a command line."""

    def __init__(self, port):
        self.file = socket.create_connection(("127.0.0.1", port)).makefile("rwb")

    def __call__(self, *words):
        self.file.write(b"*%d\r\n" % len(words) + b"".join(b"$%d\r\n%s\r\n" % (len(word), word) for word in words))
        self.file.flush()
        return self.answer()

    def answer(self):
        kind, rest = (line := self.file.readline())[:1], line[1:-2]
        if kind == b"*":
            return [self.answer() for _ in range(int(rest))]
        if kind == b"$":
            return self.file.read(int(rest) + 2)[:-2]
        if kind == b"-":
            raise SystemExit(f"Redis said: {rest}")
        return rest

    def copies(self, count):
        """The names of copies of some rows of entities."""
        _, found = self(b"SCAN", b"0", b"MATCH", b"*facts#*", b"COUNT", b"10000")
        for number, key in enumerate(found[:count]):
            self(b"COPY", key, b"floor:%d" % number)
        return [f"floor:{number}" for number in range(count)]


def fetch(port, keys):
    """The milliseconds within which half of the fetches of some keys were answered."""
    text = subprocess.run(
        ["redis-benchmark", "-p", str(port), "-n", "5000", "-c", "1", "--precision", "3", "MGET", *keys],
        check=True, capture_output=True, text=True).stdout
    return float(re.search(r"latency summary \(msec\):\s+avg.*?\n\s+[\d.]+\s+[\d.]+\s+([\d.]+)", text, re.S)[1])


def pushes(port, count):
    """The milliseconds from sending a row until an answer with it is there, over one kept connection."""
    connection = http.client.HTTPConnection("127.0.0.1", port)

    def post(route, body):
        connection.request("POST", route, json.dumps(body), {"Content-Type": "application/json"})
        response = connection.getresponse()
        found = json.loads(response.read())
        if response.status != 200:
            raise SystemExit(f"{route}: {found}")
        return found
    times = []
    for number in range(count):
        now = datetime.datetime.now(datetime.timezone.utc).isoformat()
        row = {"thing": [number], "event_time": [now]} | {name: [float(number)] for name in FEATURES}
        start = time.perf_counter()
        post("/push", {"push_source_name": "facts", "df": row})
        answer = post("/get-online-features", {"features": ["facts:f0"], "entities": {"thing": [number]}})
        times.append((time.perf_counter() - start) * 1000)
        if answer["results"][1]["values"] != [number]:
            raise SystemExit(f"the pushed row is not in the answer: {answer}")
    return statistics.median(times), statistics.quantiles(times, n=100)[98]


def main():
    parser = arguments()
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--redis", action="store_true", help="measure over Redis too")
    options = parser.parse_args()
    tools, folder, environment = prepare("online", options, options.rows)
    binary = options.vintage
    for words in (["init", "--no-git"], ["add", "data"]):
        seconds([binary, *words], folder / "vintage", environment)

    fills = {"vintage": [], "feast": []}
    for _ in range(min(3, options.rounds)):
        for file in (folder / "vintage/.vintage").glob("online*"):
            file.unlink()
        fills["vintage"].append(seconds([binary, "features", "materialize"], folder / "vintage", environment))
        for name in ("online.db", "registry.db"):
            (folder / "feast" / name).unlink(missing_ok=True)
        seconds([tools / "feast", "apply"], folder / "feast", environment)
        fills["feast"].append(json.loads(subprocess.run(
            [tools / "python", "-c", IN_PROCESS, "fill"], cwd=folder / "feast", env=environment, check=True,
            capture_output=True, text=True).stdout.splitlines()[-1]))
    ours, theirs = (statistics.median(fills[name]) for name in ("vintage", "feast"))
    print(f"| fill with {options.rows:,} rows | {ours:.2f} s | {theirs:.2f} s | {ours / theirs:.3f} |", flush=True)

    processes = []
    try:
        ports = {"SQLite": 6587}
        stores = {"SQLite": []}
        if options.redis:
            process, redis = redis_server(folder)
            processes.append(process)
            ports["Redis"], stores["Redis"] = 6588, ["--store", f"redis://127.0.0.1:{redis}"]
            seconds([binary, "features", "materialize", *stores["Redis"]], folder / "vintage", environment)
        for name, port in ports.items():
            process = subprocess.Popen(
                [binary, "serve", "--features", "--port", str(port), *stores[name]], cwd=folder / "vintage",
                env=environment, stdout=subprocess.DEVNULL)
            processes.append(process)
            wait_for(port, process)
        feast = subprocess.Popen(
            [tools / "python", "-c", IN_PROCESS, ",".join(f"facts:{name}" for name in FEATURES)],
            cwd=folder / "feast", env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        processes.append(feast)
        while feast.stdout.readline() != "ready\n":
            pass
        random.seed(1)
        for size in (1, 100):
            questions = [[random.randrange(options.rows) for _ in range(size)] for _ in range(300)]
            bodies = [json.dumps({
                "features": [f"facts:{name}" for name in FEATURES], "entities": {"thing": question}})
                for question in questions]
            keys = Redis(redis).copies(size) if options.redis else []
            times = {name: [] for name in [*ports, "feast", "floor"]}
            for _ in range(options.rounds):
                feast.stdin.write(json.dumps(questions) + "\n")
                feast.stdin.flush()
                half, answer = json.loads(feast.stdout.readline())
                times["feast"].append(half)
                for name, port in ports.items():
                    if ask(port, bodies[-1]) != answer:
                        raise SystemExit(f"the answers about {size} entities differ")
                    _, half, _, failures = load(port, bodies, folder, 1, 3)
                    if failures:
                        raise SystemExit(f"{failures} questions had no answer")
                    times[name].append(half)
                if keys:
                    times["floor"].append(fetch(redis, keys))
            medians = {name: statistics.median(some) for name, some in times.items() if some}
            for name in ports:
                peer = "feast" if name == "SQLite" else "floor"
                print(f"| {size} x 10, {name} | {medians[name]:.3f} ms | {medians[peer]:.3f} ms "
                      f"({'Feast' if peer == 'feast' else 'MGET'}) | {medians[name] / medians[peer]:.3f} |", flush=True)
        for name, port in ports.items():
            half, most = pushes(port, 1000)
            print(f"| push until answered, {name} | {half:.2f} ms, p99 {most:.2f} ms |", flush=True)
    finally:
        for process in processes:
            process.terminate()
            process.wait()


if __name__ == "__main__":
    main()
