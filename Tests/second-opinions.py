"""Second opinions on joins: DuckDB and pandas join what Vintage joined, and every cell is compared.

    second-opinions.py write FOLDER SEED at-once|later   writes the tables, the definitions and nothing else
    second-opinions.py compare FOLDER OUTPUT asof|sql|pandas

`asof` is DuckDB's ASOF join and `pandas` is merge_asof: both know of one clock, so what is known is known at once. `sql`
is the join as the documentation says it, with a predicate for each clock, and the windows too. `compare` prints how many
cells are equal, or what differs, with exit status 1.
"""

import glob
import math
import os
import random
import sys

import duckdb
import pandas
import pyarrow
import pyarrow.parquet

SECOND = 1_000_000
HOUR = 3600 * SECOND
DAY = 24 * HOUR
START = 1_767_225_600 * SECOND  # 2026-01-01
TTL = 5 * DAY
EMBARGO = 6 * HOUR
VALUES = ["number", "measure", "small", "flag", "text"]

DEFINITIONS = """
entities:
  meter: {keys: {meter: string}}
sources:
  readings: {path: data/readings-*.parquet, event_time: happened, availability: known}
views:
  latest: {entity: meter, source: readings, ttl: 5d, features: [number, measure, small, flag, text]}
  guarded: {entity: meter, source: readings, embargo: 6h, features: {held: number}}
  record:
    entity: meter
    source: readings
    windows: [1d, 7d]
    features:
      rows: count()
      values: count(number)
      total: sum(number)
      average: mean(measure)
      spread: stddev(measure)
      least: min(measure)
      most: max(text)
      kinds: count_distinct(text)
      middle: quantile(measure, 0.5)
      first: first(text)
      last: last(number)
      odd: {value: count(), where: number % 2 = 1}
labels:
  usage: {column: usage, time: at, horizon: 1d}
services:
  plain: {label: usage, features: [latest]}
  both: {label: usage, features: [latest, guarded, record]}
"""


def table(columns):
    return pyarrow.table({name: pyarrow.array(values, kind) for name, (values, kind) in columns.items()})


def write(folder, seed, availability):
    generator = random.Random(int(seed))
    at_once = availability == "at-once"
    # The join of two clocks pairs each label with all rows of its meter in plain SQL, so there are fewer.
    meters, rows, labels = (300, 60_000, 6_000) if at_once else (40, 4_000, 800)
    moment = pyarrow.timestamp("us", "UTC")
    readings, seen = [], set()
    while len(readings) < rows:
        # Few meters have most rows.
        meter = int(meters * generator.random() ** 2.5)
        # Of a coarse clock, so that rows tie; an ASOF join does not say which of two it takes.
        happened = START + generator.randrange(60 * 24 * (60 if at_once else 4)) * (60 if at_once else 900) * SECOND
        if at_once and (meter, happened) in seen:
            continue
        seen.add((meter, happened))
        known = happened if at_once else happened + generator.choice([0, 0, 1, 5, 40, 300]) * 900 * SECOND

        def maybe(value):
            return None if generator.random() < 0.15 else value

        readings.append({
            "meter": f"meter-{meter}" if at_once or generator.random() > 0.02 else None, "happened": happened,
            "known": known, "number": maybe(generator.randrange(-(2**40), 2**40)), "measure": maybe(generator.gauss(0, 100)),
            "small": maybe(generator.gauss(0, 1)), "flag": maybe(generator.random() < 0.5),
            "text": maybe(generator.choice(["", "low", "high", "naïve", "🙂"])),
        })
    kinds = {
        "meter": pyarrow.string(), "happened": moment, "known": moment, "number": pyarrow.int64(),
        "measure": pyarrow.float64(), "small": pyarrow.float32(), "flag": pyarrow.bool_(), "text": pyarrow.string(),
    }
    os.makedirs(f"{folder}/data")
    os.makedirs(f"{folder}/features")
    third = rows // 3
    for number, part in enumerate([readings[:third], readings[third:]]):
        written = table({name: ([row[name] for row in part], kind) for name, kind in kinds.items()})
        pyarrow.parquet.write_table(written, f"{folder}/data/readings-{number}.parquet", row_group_size=7_001)
    span = (max(row["happened"] for row in readings) - START) // SECOND
    spine = {
        "id": (list(range(labels)), pyarrow.int64()),
        # Some meters have no reading, and some labels no meter.
        "meter": ([generator.choice([None, "meter-x"] + [f"meter-{int(meters * generator.random() ** 2)}"] * 30)
                   for _ in range(labels)], pyarrow.string()),
        "at": ([START + generator.randrange(span // 900) * 900 * SECOND for _ in range(labels)], moment),
        "usage": ([generator.gauss(0, 1) for _ in range(labels)], pyarrow.float64()),
    }
    pyarrow.parquet.write_table(table(spine), f"{folder}/labels.parquet")
    with open(f"{folder}/features/meters.yaml", "w") as file:
        file.write(DEFINITIONS)


def connect(folder):
    connection = duckdb.connect()
    connection.sql(f"create view labels as select *, epoch_us(\"at\") as t from '{folder}/labels.parquet'")
    connection.sql(
        f"create view readings as select *, epoch_us(happened) as e, epoch_us(known) as a "
        f"from read_parquet('{folder}/data/readings-*.parquet', filename = true, file_row_number = true)")
    return connection


def rows_of(relation):
    names = relation.columns
    return {name: list(values) for name, values in zip(names, zip(*relation.fetchall()))}


def asof(folder):
    """DuckDB's ASOF join; what is too old is taken out afterwards, as the join has no TTL."""
    values = ", ".join(f"case when l.t - r.e <= {TTL} then r.{name} end as {name}" for name in VALUES)
    return rows_of(connect(folder).sql(
        f"select {values} from labels l asof left join readings r on l.meter = r.meter and l.t >= r.e order by l.id"))


def latest(embargo, ttl):
    """The labels' latest known rows, by both clocks."""
    limit = f"and l.t - r.e <= {ttl}" if ttl else ""
    return f"""
        select l.id, r.* from labels l join readings r
        on r.meter = l.meter and r.e <= l.t - {embargo} and r.a <= l.t - {embargo} {limit}
        qualify row_number() over (partition by l.id order by e desc, a desc, filename desc, file_row_number desc) = 1"""


def sql(folder):
    connection = connect(folder)
    columns = rows_of(connection.sql(
        f"select {', '.join('m.' + name for name in VALUES)} from labels l left join ({latest(0, TTL)}) m using (id) order by l.id"))
    columns |= rows_of(connection.sql(
        f"select m.number as held from labels l left join ({latest(EMBARGO, None)}) m using (id) order by l.id"))
    order = "order by r.e, r.a, r.filename, r.file_row_number"
    for name, length in [("1d", DAY), ("7d", 7 * DAY)]:
        columns |= rows_of(connection.sql(f"""
            select count(r.e) as rows_{name}, count(r.number) as values_{name}, sum(r.number) as total_{name},
                avg(r.measure) as average_{name}, stddev_samp(r.measure) as spread_{name}, min(r.measure) as least_{name},
                max(r.text) as most_{name}, count(distinct r.text) as kinds_{name},
                quantile_cont(r.measure, 0.5) as middle_{name},
                first(r.text {order}) filter (r.text is not null) as first_{name},
                last(r.number {order}) filter (r.number is not null) as last_{name},
                count(*) filter (r.number % 2 = 1) as odd_{name}
            from labels l left join readings r
            on r.meter = l.meter and r.a < l.t and r.e >= l.t - {length} and r.e < l.t
            group by l.id order by l.id"""))
    return columns


def merge_asof(folder):
    """pandas finds the place of each label's row; the values are taken from the table itself."""
    files = sorted(glob.glob(f"{folder}/data/readings-*.parquet"))
    source = pyarrow.concat_tables([pyarrow.parquet.read_table(file) for file in files])
    labels = pyarrow.parquet.read_table(f"{folder}/labels.parquet")
    right = pandas.DataFrame({
        "meter": source["meter"].to_pylist(), "happened": source["happened"].cast(pyarrow.int64()).to_numpy(),
        "place": range(source.num_rows),
    }).sort_values("happened", kind="stable")
    left = pandas.DataFrame({
        # To pandas two nulls are equal.
        "id": labels["id"].to_pylist(), "meter": [meter or "no meter" for meter in labels["meter"].to_pylist()],
        "at": labels["at"].cast(pyarrow.int64()).to_numpy(),
    }).sort_values("at", kind="stable")
    merged = pandas.merge_asof(left, right, left_on="at", right_on="happened", by="meter", tolerance=TTL)
    places = [None if math.isnan(place) else int(place) for place in merged.sort_values("id")["place"]]
    found = {name: source[name].to_pylist() for name in VALUES}
    return {name: [None if place is None else found[name][place] for place in places] for name in VALUES}


def are_equal(name, ours, theirs):
    if ours is None or theirs is None:
        return ours is theirs
    # What is added up in another order may differ in its last digits, and nothing else may.
    if name.split("_")[0] in ["average", "spread", "middle"]:
        return math.isclose(ours, theirs, rel_tol=1e-9, abs_tol=1e-9)
    return type(ours) is type(theirs) and ours == theirs


def compare(folder, output, peer):
    ours = pyarrow.parquet.read_table(output)
    labels = pyarrow.parquet.read_table(f"{folder}/labels.parquet")
    if ours.select(labels.column_names).to_pylist() != labels.to_pylist():
        sys.exit("the labels are not those of the spine, in its order")
    theirs = {"asof": asof, "sql": sql, "pandas": merge_asof}[peer](folder)
    features = [name for name in ours.column_names if name not in labels.column_names]
    if sorted(features) != sorted(theirs):
        sys.exit(f"the columns are {features}, not {list(theirs)}")
    differences, cells, present = [], 0, 0
    for name in features:
        for row, (left, right) in enumerate(zip(ours[name].to_pylist(), theirs[name], strict=True)):
            cells += 1
            present += right is not None
            if not are_equal(name, left, right):
                differences.append(f"row {row}, {name}: {left!r}, and {peer} says {right!r}")
    if differences:
        sys.exit("\n".join([f"{len(differences)} of {cells} cells differ"] + differences[:10]))
    # A comparison of nothing with nothing says nothing.
    if present * 2 < cells:
        sys.exit(f"only {present} of {cells} cells have a value")
    print(f"{cells} cells are equal")


if __name__ == "__main__":
    {"write": write, "compare": compare}[sys.argv[1]](*sys.argv[2:])
