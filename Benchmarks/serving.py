#!/usr/bin/env python3
"""Features over HTTP: `vintage serve --features` against `feast serve`, over the same rows, in SQLite each.

    python3 Benchmarks/serving.py --vintage .build/release/vintage --install

One view of ten float64 features of 10,000 entities. Requests ask for the ten features of 1, 10 or 100 entities chosen by chance,
over connections that are kept; `wrk` (Debian's) sends them, on the machine that also serves. The answers of both are compared first.
Feast is taken from PyPI into .cache/bench/feast; a folder that has it already is named by `--feast`.
"""

import argparse
import json
import os
import pathlib
import random
import re
import shutil
import subprocess
import sys
import time
import urllib.request

from peers import environment_for

ROOT = pathlib.Path(__file__).resolve().parent.parent
PACKAGES = ["feast==0.67.*"]
FEATURES = [f"f{number}" for number in range(10)]

DEFINITIONS = f"""
entities:
  thing: {{keys: {{thing: int64}}}}
sources:
  facts: {{path: data/facts.parquet, event_time: event_time}}
views:
  facts: {{entity: thing, source: facts, ttl: 3650d, features: [{', '.join(FEATURES)}]}}
"""

FEAST = f"""
from datetime import timedelta
from feast import Entity, FeatureView, Field, FileSource, ValueType
from feast.types import Float64
thing = Entity(name="thing", join_keys=["thing"], value_type=ValueType.INT64)
rows = FileSource(path="facts.parquet", timestamp_field="event_time")
facts = FeatureView(name="facts", entities=[thing], ttl=timedelta(days=3650), source=rows,
                    schema=[Field(name=name, dtype=Float64) for name in {FEATURES}])
"""

FEAST_SETTINGS = """
project: serving
registry: registry.db
provider: local
entity_key_serialization_version: 3
online_store: {type: sqlite, path: online.db}
"""

GENERATE = """
import sys, numpy, pandas
path, count, features = sys.argv[1], int(sys.argv[2]), sys.argv[3].split(",")
random = numpy.random.default_rng(20130601)
table = {"thing": numpy.arange(count), "event_time": pandas.date_range("2026-01-01", periods=count, freq="s", tz="UTC")}
table |= {name: random.standard_normal(count) for name in features}
pandas.DataFrame(table).to_parquet(path)
"""

# Each thread goes through the bodies of a file, from a place of its own.
WRK = """
local bodies = {}
for line in io.lines("%s") do bodies[#bodies + 1] = line end
local place = 0
local number = 0
function setup(thread) number = number + 1; thread:set("place", number * 997) end
function request()
  place = place + 1
  return wrk.format("POST", "/get-online-features", {["Content-Type"] = "application/json"}, bodies[place %% #bodies + 1])
end
"""


def wait_for(port, process):
    for _ in range(1200):
        if process.poll() is not None:
            raise SystemExit(f"the server ended with {process.returncode}")
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=5).close()
            return
        except OSError:
            time.sleep(0.1)
    raise SystemExit("the server did not begin to answer")


def ask(port, body):
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}/get-online-features", body.encode(), {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=60) as answer:
        found = json.load(answer)
    # Feast has the features in an order of its own.
    return dict(zip(found["metadata"]["feature_names"], (result["values"] for result in found["results"])))


def load(port, bodies, folder, connections, seconds):
    """Requests per second, milliseconds that half and 99 of 100 requests took at most, and failures."""
    (folder / "bodies").write_text("\n".join(bodies) + "\n")
    (folder / "load.lua").write_text(WRK % (folder / "bodies"))
    text = subprocess.run(
        ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--timeout", "30s", "--latency", "-s", folder / "load.lua",
         f"http://127.0.0.1:{port}"], check=True, capture_output=True, text=True).stdout

    def latency(percent):
        found = re.search(rf"^\s+{percent}%\s+([\d.]+)(us|ms|s|m)\s*$", text, re.M)
        if not found:
            raise SystemExit(f"wrk said:\n{text}")
        return float(found[1]) * {"us": 0.001, "ms": 1, "s": 1000, "m": 60_000}[found[2]]
    failures = sum(map(int, re.findall(r"Non-2xx or 3xx responses: (\d+)", text)))
    failures += sum(map(int, re.findall(r"(?:connect|read|write|timeout) (\d+)", text)))
    return float(re.search(r"Requests/sec:\s+([\d.]+)", text).group(1)), latency(50), latency(99), failures


def resident(process):
    """Bytes of memory of a process and of those that it started."""
    pages = 0
    for status in pathlib.Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = status.read_text().rsplit(")", 1)[1].split()
            if int(fields[1]) == process.pid or int(status.parent.name) == process.pid:
                pages += int((status.parent / "statm").read_text().split()[1])
        except OSError:
            continue
    return pages * os.sysconf("SC_PAGESIZE")


def arguments():
    parser = argparse.ArgumentParser(description=sys.modules["__main__"].__doc__.split("\n")[0])
    parser.add_argument("--vintage", default=ROOT / ".build/release/vintage", type=pathlib.Path)
    parser.add_argument("--feast", type=pathlib.Path, default=ROOT / ".cache/bench/feast", help="the environment with Feast")
    parser.add_argument("--install", action="store_true", help="install Feast there")
    return parser


def prepare(name, options, rows):
    """Feast's programs, a folder with the rows and the definitions of both, and the environment of their commands."""
    tools, folder = options.feast / "bin", ROOT / ".cache/bench" / name
    options.vintage = options.vintage.resolve()
    if options.install and not (tools / "feast").exists():
        subprocess.run(["python3", "-m", "venv", options.feast], check=True)
        subprocess.run([tools / "pip", "install", "-q", *PACKAGES], check=True)
    shutil.rmtree(folder, ignore_errors=True)
    for place in ("vintage/data", "vintage/features", "feast"):
        (folder / place).mkdir(parents=True)
    table = folder / "vintage/data/facts.parquet"
    subprocess.run([tools / "python", "-c", GENERATE, table, str(rows), ",".join(FEATURES)], check=True)
    shutil.copy(table, folder / "feast/facts.parquet")
    (folder / "feast/definitions.py").write_text(FEAST)
    (folder / "feast/feature_store.yaml").write_text(FEAST_SETTINGS)
    (folder / "vintage/features/facts.yaml").write_text(DEFINITIONS)
    return tools, folder, environment_for(folder) | {"FEAST_USAGE": "False"}


def main():
    parser = arguments()
    parser.add_argument("--only", default="vintage,feast")
    parser.add_argument("--entities", type=int, default=10_000)
    parser.add_argument("--connections", type=int, default=16)
    parser.add_argument("--batches", default="1,10,100")
    parser.add_argument("--seconds", type=int, default=10)
    parser.add_argument("--workers", type=int, default=2, help="the processes of feast serve")
    options = parser.parse_args()
    tools, folder, environment = prepare("serving", options, options.entities)

    def call(place, *words):
        subprocess.run(words, cwd=folder / place, env=environment, check=True, stdout=subprocess.DEVNULL)
    random.seed(1)
    batches = {}
    for size in map(int, options.batches.split(",")):
        batches[size] = [json.dumps({
            "features": [f"facts:{name}" for name in FEATURES],
            "entities": {"thing": [random.randrange(options.entities) for _ in range(size)]}}) for _ in range(1000)]
    first = {}
    for name in options.only.split(","):
        log = open(folder / f"{name}.log", "wb")
        if name == "vintage":
            call("vintage", options.vintage, "init", "--no-git")
            call("vintage", options.vintage, "add", "data")
            call("vintage", options.vintage, "features", "materialize")
            words, port = [options.vintage, "serve", "--features", "--port", "6577"], 6577
        else:
            call("feast", tools / "feast", "apply")
            call("feast", tools / "feast", "materialize", "2025-01-01T00:00:00", "2026-12-31T00:00:00")
            words, port = [tools / "feast", "serve", "-p", "6578", "-w", str(options.workers)], 6578
        server = subprocess.Popen(words, cwd=folder / name, env=environment, stdout=log, stderr=log)
        try:
            wait_for(port, server)
            for size, bodies in batches.items():
                answers = [ask(port, body) for body in bodies[:20]]
                if first.setdefault(size, answers) != answers:
                    raise SystemExit(f"the answers about {size} entities differ")
                load(port, bodies, folder, options.connections, 1)
                rate, half, most, failures = load(port, bodies, folder, options.connections, options.seconds)
                print(f"| {name} | {size} | {rate:,.0f} | {half:.2f} ms | {most:.2f} ms | {failures} "
                      f"| {resident(server) >> 20} MiB |", flush=True)
        finally:
            server.terminate()
            server.wait()


if __name__ == "__main__":
    main()
