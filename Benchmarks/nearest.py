#!/usr/bin/env python3
"""The nearest of many vectors, against numpy over the same file.

    python3 Benchmarks/nearest.py --vintage .build/release/vintage --rows 1000000

A Parquet file has so many vectors of 128 float32, an int64 key and a time each. Both programs are started anew for each query, read
the file and print the keys of the ten that are nearest by cosine; the answers must be the same. numpy multiplies with its own
BLAS on as many threads as it likes. What numpy takes for the search alone, once the matrix is in memory, is told beside.

Vintage also finds each entity's latest row before it compares, which numpy is spared, and reads the bytes from the store and checks
them.

numpy and pyarrow are those of .cache/bench/tables, which `Benchmarks/features.py --install` makes, or of the tests.
"""

import argparse
import json
import pathlib
import shutil
import subprocess

from measure import median, run, settle, warm
from peers import environment_for

ROOT = pathlib.Path(__file__).resolve().parent.parent
COUNT, DIMENSION = 10, 128

GENERATE = """
import sys, numpy, pyarrow, pyarrow.parquet
path, rows, dimension = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
values = numpy.random.default_rng(1).standard_normal(rows * dimension, dtype=numpy.float32)
table = pyarrow.table({
    "key": numpy.arange(rows), "made": pyarrow.array(numpy.full(rows, 1_700_000_000_000_000), pyarrow.timestamp("us", "UTC")),
    "vector": pyarrow.FixedSizeListArray.from_arrays(values, dimension)})
pyarrow.parquet.write_table(table, path, compression="zstd", use_dictionary=False, row_group_size=1 << 17)
"""

NUMPY = """
import json, sys, time, numpy, pyarrow.parquet
path, dimension, query, count = sys.argv[1], int(sys.argv[2]), sys.argv[3], int(sys.argv[4])
table = pyarrow.parquet.read_table(path, columns=["key", "vector"])
values = table["vector"].combine_chunks().flatten().to_numpy(zero_copy_only=False).reshape(-1, dimension)
keys = table["key"].to_numpy()
query = numpy.array([float(number) for number in query.split(",")], numpy.float32)
def search():
    scores = values @ query / (numpy.sqrt(numpy.einsum("ij,ij->i", values, values)) * numpy.linalg.norm(query))
    best = numpy.argpartition(-scores, count)[:count]
    return best[numpy.argsort(-scores[best], kind="stable")]
began = time.perf_counter()
best = search()
seconds = time.perf_counter() - began
print(json.dumps({"keys": [str(keys[place]) for place in best], "search": seconds}))
"""

DEFINITIONS = f"""
entities:
  thing: {{keys: {{key: int64}}}}
sources:
  vectors: {{path: data/vectors.parquet, event_time: made}}
views:
  things:
    entity: thing
    source: vectors
    embedding: {{column: vector, dimension: {DIMENSION}, model: models/m}}
"""


def python():
    for folder in (".cache/bench/tables", ".cache/venv"):
        program = ROOT / folder / "bin/python"
        if program.exists():
            return program
    raise SystemExit("there is no Python with numpy and pyarrow; run Benchmarks/features.py --install")


def answer(arguments, folder, environment):
    return json.loads(subprocess.run(
        [str(argument) for argument in arguments], cwd=folder, env=environment, check=True, capture_output=True).stdout)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--vintage", type=pathlib.Path, default=ROOT / ".build/release/vintage")
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--runs", type=int, default=5)
    options = parser.parse_args()
    vintage = options.vintage.resolve()
    folder = ROOT / f".cache/bench/nearest-{options.rows}"
    home = ROOT / ".cache/bench/nearest-home"
    home.mkdir(parents=True, exist_ok=True)
    environment = environment_for(home)
    if not (folder / "vintage.lock").exists():
        shutil.rmtree(folder, ignore_errors=True)
        (folder / "data").mkdir(parents=True)
        (folder / "features").mkdir()
        subprocess.run(
            [python(), "-c", GENERATE, folder / "data/vectors.parquet", str(options.rows), str(DIMENSION)], check=True)
        (folder / "features/things.yaml").write_text(DEFINITIONS)
        # Without git, or the workspace would be the repository around the folder.
        for words in (["init", "--no-git"], ["add", "data"]):
            subprocess.run([vintage, *words], cwd=folder, env=environment, check=True, stdout=subprocess.DEVNULL)
    warm(folder / "data")
    warm(folder / ".vintage")
    seconds = {"vintage": [], "numpy": [], "numpy, the search alone": []}
    memory = {"vintage": [], "numpy": []}
    for number in range(options.runs):
        query = ",".join(f"{((number * 37 + place * 11) % 101 - 50) / 50}" for place in range(DIMENSION))
        ours = [vintage, "features", "nearest", "--view", "things", "-k", COUNT, "--vector", query, "--json"]
        theirs = [python(), "-c", NUMPY, folder / "data/vectors.parquet", DIMENSION, query, COUNT]
        found = [match["entity"]["key"] for match in answer(ours, folder, environment)["nearest"]]
        expected = answer(theirs, folder, environment)
        if found != expected["keys"]:
            raise SystemExit(f"the answers differ: {found}, {expected['keys']}")
        seconds["numpy, the search alone"].append(expected["search"])
        settle()
        for name, arguments in (("vintage", ours), ("numpy", theirs)):
            measured = run(arguments, directory=folder, environment=environment)
            seconds[name].append(measured.seconds)
            memory[name].append(measured.memory)
    print(f"{options.rows} vectors of {DIMENSION}, {options.runs} queries, the same answers")
    for name, values in seconds.items():
        peak = f", {median(memory[name]) / 1e6:.0f} MB" if name in memory else ""
        print(f"{name}: {median(values):.3f} s{peak} ({', '.join(f'{value:.3f}' for value in values)})")


if __name__ == "__main__":
    main()
