#!/usr/bin/env python3
"""Point-in-time joins of three tables to labels, against Polars and DuckDB.

    python3 Benchmarks/features.py --vintage .build/release/vintage --scale 0.1

The tables have 10, 5 and 2 million rows of eight float32 columns, an int64 and a string, 200,000 entities drawn by Zipf's law,
event times over a year and availability a random delay after; the spine has 2 million labels. Each tool reads Parquet and
writes Parquet, features no older than 30 days. The peers look at event times alone; Vintage honours availability as well. With
`--check` availability is the event time, and the results are compared cell by cell with DuckDB's.

`--windows` measures windowed aggregations of the same tables instead: count, sum, mean and distinct count over five windows, against
DuckDB's window functions over facts and labels together. `--cores` measures Vintage on one core and on two. `--memory 1GiB
--scale 10 --only vintage` is a join of tables ten times as large; with `--spine` of a smaller scale, to as many labels as there.

The peers are taken from PyPI into .cache/bench/tables (see `--install`).
"""

import argparse
import dataclasses
import json
import os
import pathlib
import shutil
import subprocess
import sys

from measure import median, run, settle, warm
from peers import environment_for

ROOT = pathlib.Path(__file__).resolve().parent.parent
PYTHON = ROOT / ".cache/bench/tables/bin/python"
PACKAGES = ["polars==2.1.*", "duckdb==2.0.*", "pyarrow==26.0.1", "numpy"]
TABLES = {"a": 10_000_000, "b": 5_000_000, "c": 2_000_000}
LABELS = 2_000_000
ENTITIES = 200_000
FLOATS = [f"f{number}" for number in range(8)]

GENERATE = """
import sys, numpy, pyarrow, pyarrow.parquet
folder, scale, is_equal = sys.argv[1], float(sys.argv[2]), sys.argv[3] == "equal"
tables, labels, entities, floats = eval(sys.argv[4])
year, start = 365 * 86_400_000_000, 1_600_000_000_000_000
random = numpy.random.default_rng(20130601)
count_of_entities = max(10, int(entities * scale))
weights = 1 / numpy.arange(1, count_of_entities + 1) ** 1.2
weights /= weights.sum()
def moments(values): return pyarrow.array(values, pyarrow.timestamp("us", tz="UTC"))
def write(name, count, columns):
    pyarrow.parquet.write_table(pyarrow.table(columns), f"{folder}/{name}.parquet", compression="zstd")
for name, rows in tables.items():
    count = int(rows * scale)
    # No two facts of an entity happen at once, so that each tool has one answer.
    event = start + numpy.sort(random.choice(year, count, replace=False)) if count < 1_000_000 else \\
        start + numpy.arange(count) * (year // count) + random.integers(0, year // count, count)
    delay = numpy.zeros(count, dtype=numpy.int64) if is_equal else random.exponential(3_600_000_000, count).astype(numpy.int64)
    columns = {
        "entity": random.choice(count_of_entities, count, p=weights),
        "event_time": moments(event), "known": moments(event + delay)}
    for column in floats:
        columns[f"{name}_{column}"] = random.standard_normal(count, dtype=numpy.float32)
    columns[f"{name}_number"] = random.integers(0, 1 << 40, count)
    columns[f"{name}_text"] = pyarrow.DictionaryArray.from_arrays(
        random.integers(0, 1000, count).astype(numpy.int32), [f"text-{n:05d}" for n in range(1000)]).cast("string")
    write(name, count, columns)
count = int(labels * scale)
write("spine", count, {
    "id": numpy.arange(count), "entity": random.choice(count_of_entities, count, p=weights),
    "time": moments(start + random.integers(0, year, count)), "label": random.integers(0, 2, count).astype(bool)})
"""

POLARS = """
import sys, polars
folder, tables, output = sys.argv[1], sys.argv[2].split(","), sys.argv[3]
spine = polars.scan_parquet(f"{folder}/spine.parquet").with_row_index("order").sort("time")
for name in tables:
    table = polars.scan_parquet(f"{folder}/{name}.parquet").drop("known").sort("event_time")
    spine = spine.join_asof(
        table, left_on="time", right_on="event_time", by="entity", strategy="backward", tolerance="30d").drop("event_time", strict=False)
spine.sort("order").drop("order").collect().write_parquet(output, compression="zstd")
"""

DUCKDB = """
import sys, duckdb
folder, tables, output = sys.argv[1], sys.argv[2].split(","), sys.argv[3]
columns, joins = ["s.id", "s.entity", "s.time", "s.label"], ""
for name in tables:
    names = [f"{name}_f{n}" for n in range(8)] + [f"{name}_number", f"{name}_text"]
    columns += [f"case when s.time - {name}.event_time <= interval 30 day then {name}.{c} end as {c}" for c in names]
    joins += (f" asof left join '{folder}/{name}.parquet' {name} on s.entity = {name}.entity and s.time >= {name}.event_time")
connection = duckdb.connect()
connection.execute("set threads = 2; set timezone = 'UTC'")
connection.execute(
    f"copy (select {', '.join(columns)} from '{folder}/spine.parquet' s{joins} order by s.id) to '{output}' "
    "(format parquet, compression zstd)")
"""

WINDOWS = {"1h": "1 hour", "1d": "1 day", "7d": "7 days", "30d": "30 days", "90d": "90 days"}

DUCKDB_WINDOWS = """
import sys, duckdb
folder, tables, output = sys.argv[1], sys.argv[2].split(","), sys.argv[3]
windows = eval(sys.argv[4])
connection = duckdb.connect()
connection.execute("set threads = 2; set timezone = 'UTC'")
parts, joins = ["s.*"], ""
for name in tables:
    made, over = [], []
    for short, length in windows.items():
        over.append(
            f"w{short} as (partition by entity order by time "
            f"range between interval {length} preceding and interval 1 microsecond preceding)")
        made += [
            f"count(fact) over w{short} as {name}_n_{short}", f"sum(value) over w{short} as {name}_sum_{short}",
            f"avg(value) over w{short} as {name}_mean_{short}",
            f"count(distinct kind) over w{short} as {name}_kinds_{short}"]
    columns = [f"{name}_{what}_{short}" for what in ("n", "sum", "mean", "kinds") for short in windows]
    connection.execute(
        f"create table {name}_made as select id, {', '.join(columns)} from ("
        f"select id, {', '.join(made)} from ("
        f"select null as id, entity, event_time as time, 1 as fact, {name}_f0::double as value, {name}_text as kind "
        f"from '{folder}/{name}.parquet' "
        f"union all select id, entity, time, null, null, null from '{folder}/spine.parquet') "
        f"window {', '.join(over)}) where id is not null")
    parts += [f"{name}_made.{column}" for column in columns]
    joins += f" join {name}_made on s.id = {name}_made.id"
connection.execute(
    f"copy (select {', '.join(parts)} from '{folder}/spine.parquet' s{joins} order by s.id) to '{output}' "
    "(format parquet, compression zstd)")
"""

CHECK = """
import sys, pyarrow.parquet, pyarrow.compute as compute
ours, theirs = (pyarrow.parquet.read_table(path) for path in sys.argv[1:3])
assert ours.column_names == theirs.column_names, (ours.column_names, theirs.column_names)
for name in ours.column_names:
    a, b = ours[name].combine_chunks(), theirs[name].combine_chunks()
    if a.type != b.type: b = b.cast(a.type)
    if pyarrow.types.is_floating(a.type) and "_f" not in name:
        # A sum of doubles depends on the order in which they are added.
        far = compute.greater(compute.abs(compute.subtract(a, b)), 1e-6)
        assert not compute.any(far).as_py(), f"{name}: some cells differ"
        assert a.is_null().equals(b.is_null()), f"{name}: other cells are null"
    elif not a.equals(b):
        different = compute.fill_null(compute.not_equal(a, b), True)
        both_null = compute.and_(compute.is_null(a), compute.is_null(b))
        rows = compute.indices_nonzero(compute.and_not(different, both_null))
        assert len(rows) == 0, f"{name}: {len(rows)} cells differ, the first in row {rows[0]}"
print(f"{ours.num_rows} rows, {ours.num_columns} columns: equal")
"""


def definitions(tables):
    """The definitions that say what the peers are told in code."""
    lines = ["entities:", "  entity: {keys: {entity: int64}}", "sources:"]
    for name in tables:
        lines.append(f"  {name}: {{path: data/{name}.parquet, event_time: event_time, availability: known}}")
    lines.append("views:")
    for name in tables:
        columns = ", ".join(f"{name}_{column}" for column in FLOATS + ["number", "text"])
        lines.append(f"  {name}: {{entity: entity, source: {name}, ttl: 30d, features: [{columns}]}}")
    for name in tables:
        features = f"{name}_n: count(), {name}_sum: sum({name}_f0), {name}_mean: mean({name}_f0), "
        features += f"{name}_kinds: count_distinct({name}_text)"
        lines.append(
            f"  {name}_windows: {{entity: entity, source: {name}, windows: [{', '.join(WINDOWS)}], "
            f"features: {{{features}}}}}")
    lines += ["labels:", "  label: {column: label, time: time}", "services:"]
    lines.append(f"  all: {{label: label, features: [{', '.join(tables)}]}}")
    lines.append(f"  windows: {{label: label, features: [{', '.join(f'{name}_windows' for name in tables)}]}}")
    return "\n".join(lines) + "\n"


def python(code, *arguments):
    return [PYTHON, "-c", code, *arguments]


def prepare(folder, scale, kind, vintage, environment):
    """The tables, in a workspace that has stored them."""
    done = folder / "done"
    if done.exists():
        return
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "data").mkdir(parents=True)
    what = repr((TABLES, LABELS, ENTITIES, FLOATS))
    subprocess.run([str(part) for part in python(GENERATE, folder / "data", scale, kind, what)], check=True)
    for arguments in (["init", "--no-git"], ["add", "data"]):
        subprocess.run([vintage, *arguments], cwd=folder, env=environment, check=True, stdout=subprocess.DEVNULL)
    done.touch()


@dataclasses.dataclass
class Result:
    """Of several runs the median."""

    name: str
    seconds: float
    memory: int
    processor: float


def measure(name, arguments, folder, environment, runs, output):
    measurements = []
    for _ in range(runs):
        output.unlink(missing_ok=True)
        settle()
        warm(folder / "data")
        warm(folder / ".vintage")
        measurements.append(run(arguments, directory=folder, environment=environment))
    result = Result(
        name, median([each.seconds for each in measurements]), int(median([each.memory for each in measurements])),
        median([each.processor for each in measurements]))
    print(
        f"{result.name:22} {result.seconds:7.2f} s {result.memory / 1e6:8.0f} MB {result.processor:7.2f} s of processors",
        flush=True)
    return result


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--vintage", default=ROOT / ".build/release/vintage", type=pathlib.Path)
    parser.add_argument("--scale", default=1.0, type=float, help="of all row counts; 1 is the whole benchmark")
    parser.add_argument("--runs", default=3, type=int)
    parser.add_argument("--only", help="tools, with commas between: vintage, polars, duckdb")
    parser.add_argument("--windows", action="store_true", help="measure windowed aggregations, without Polars")
    parser.add_argument("--cores", action="store_true", help="measure Vintage on one core and on two")
    parser.add_argument("--memory", help="what Vintage is told to take of memory at most, as 1GiB")
    parser.add_argument("--spine", help="other labels than those of the tables, to join tables of any size to them", type=pathlib.Path)
    parser.add_argument("--check", action="store_true", help="compare with DuckDB cell by cell, and time nothing")
    parser.add_argument("--install", action="store_true", help="install the peers into .cache/bench/tables")
    parser.add_argument("--json", type=pathlib.Path, help="write the results here too")
    options = parser.parse_args()
    if options.install:
        subprocess.run([sys.executable, "-m", "venv", PYTHON.parent.parent], check=True)
        subprocess.run([PYTHON, "-m", "pip", "install", "-q", *PACKAGES], check=True)
    vintage = options.vintage.resolve()
    kind = "equal" if options.check else "delayed"
    folder = ROOT / f".cache/bench/features-{kind}-{options.scale:g}"
    home = folder.parent / "features-home"
    home.mkdir(parents=True, exist_ok=True)
    environment = environment_for(home)
    prepare(folder, options.scale, kind, vintage, environment)
    (folder / "features").mkdir(exist_ok=True)
    (folder / "features/all.yaml").write_text(definitions(TABLES))
    data, tables = folder / "data", ",".join(TABLES)
    outputs = {name: folder / f"{name}.parquet" for name in ("vintage", "polars", "duckdb")}
    service = "windows" if options.windows else "all"
    spine = options.spine.resolve() if options.spine else "data/spine.parquet"
    ours = [
        vintage, "features", "join", "--service", service, "--spine", spine, "-o", outputs["vintage"]]
    if options.memory:
        ours += ["--memory", options.memory]
    tools = {
        "vintage": ours,
        "polars": python(POLARS, data, tables, outputs["polars"]),
        "duckdb": python(DUCKDB, data, tables, outputs["duckdb"]),
    }
    if options.windows:
        del tools["polars"]
        tools["duckdb"] = python(DUCKDB_WINDOWS, data, tables, outputs["duckdb"], repr(WINDOWS))
    if options.cores:
        one = measure("one core", ["taskset", "-c", "0", *ours], folder, environment, options.runs, outputs["vintage"])
        two = measure("two cores", ["taskset", "-c", "0,1", *ours], folder, environment, options.runs, outputs["vintage"])
        print(f"two cores are {one.seconds / two.seconds:.2f} times as fast as one")
        return
    if options.check:
        for name in ("vintage", "duckdb"):
            run(tools[name], directory=folder, environment=environment)
        subprocess.run([str(part) for part in python(CHECK, outputs["vintage"], outputs["duckdb"])], check=True)
        return
    wanted = options.only.split(",") if options.only else list(tools)
    results = [measure(name, tools[name], folder, environment, options.runs, outputs[name]) for name in wanted]
    known = {result.name: result for result in results}
    if "vintage" in known and "polars" in known:
        ours, theirs = known["vintage"], known["polars"]
        print(f"of Polars's time {ours.seconds / theirs.seconds:.2f}, of its memory {ours.memory / theirs.memory:.2f}")
    if options.windows and "vintage" in known and "duckdb" in known:
        ours, theirs = known["vintage"], known["duckdb"]
        print(f"of DuckDB's time {ours.seconds / theirs.seconds:.2f}, of its memory {ours.memory / theirs.memory:.2f}")
    if options.json:
        options.json.write_text(json.dumps([dataclasses.asdict(result) for result in results], indent=1) + "\n")


if __name__ == "__main__":
    main()
