"""The other side of the tests of tables: pyarrow writes what Vintage reads, and reads what it writes.

    tables.py write NAME FILE      writes the table NAME, by a fixed seed
    tables.py cells FILE           prints each column's name, type and cells as JSON
    tables.py edit FILE NEW SHARE  copies a table and inserts a share of new rows in its middle
"""

import datetime
import decimal
import json
import random
import struct
import sys

import pyarrow
import pyarrow.csv
import pyarrow.parquet


def optional(generator, values, share=0.2):
    return [None if generator.random() < share else value for value in values]


def every_type(generator, count):
    """A column of each type that is carried, with nulls, in `count` rows."""
    integers = {
        name: optional(generator, [generator.randrange(low, high) for _ in range(count)])
        for name, low, high in [
            ("int8", -(2**7), 2**7), ("int16", -(2**15), 2**15), ("int32", -(2**31), 2**31),
            ("int64", -(2**63), 2**63), ("uint8", 0, 2**8), ("uint16", 0, 2**16), ("uint32", 0, 2**32),
            ("uint64", 0, 2**64),
        ]
    }
    columns = {name: pyarrow.array(values, getattr(pyarrow, name)()) for name, values in integers.items()}
    floats = [generator.choice([0.0, -0.0, float("inf"), float("nan"), generator.gauss(0, 1e6)]) for _ in range(count)]
    columns["float32"] = pyarrow.array(optional(generator, floats), pyarrow.float32())
    columns["float64"] = pyarrow.array(optional(generator, floats), pyarrow.float64())
    columns["boolean"] = pyarrow.array(optional(generator, [generator.random() < 0.5 for _ in range(count)]))
    texts = ["".join(generator.choice("aß語🙂,\"\n ") for _ in range(generator.randrange(12))) for _ in range(count)]
    columns["string"] = pyarrow.array(optional(generator, texts), pyarrow.string())
    columns["category"] = pyarrow.array(optional(generator, texts), pyarrow.string()).dictionary_encode()
    columns["large_string"] = pyarrow.array(optional(generator, texts), pyarrow.large_string())
    blobs = [generator.randbytes(generator.randrange(20)) for _ in range(count)]
    columns["binary"] = pyarrow.array(optional(generator, blobs), pyarrow.binary())
    columns["fixed"] = pyarrow.array(optional(generator, [generator.randbytes(5) for _ in range(count)]), pyarrow.binary(5))
    numbers = [decimal.Decimal(generator.randrange(-(10**20), 10**20)).scaleb(-3) for _ in range(count)]
    columns["decimal"] = pyarrow.array(optional(generator, numbers), pyarrow.decimal128(30, 3))
    days = [generator.randrange(-100_000, 100_000) for _ in range(count)]
    columns["date"] = pyarrow.array(optional(generator, days), pyarrow.int32()).cast(pyarrow.date32())
    moments = [generator.randrange(-(2**31), 2**31) for _ in range(count)]
    for unit in ["s", "ms", "us", "ns"]:
        raw = pyarrow.array(optional(generator, moments), pyarrow.int64())
        columns["utc_" + unit] = raw.cast(pyarrow.timestamp(unit, "UTC"))
        columns["zone_" + unit] = raw.cast(pyarrow.timestamp(unit, "America/New_York"))
        columns["naive_" + unit] = raw.cast(pyarrow.timestamp(unit))
        columns["span_" + unit] = raw.cast(pyarrow.duration(unit))
    columns["time_us"] = pyarrow.array([abs(m) % 86_400 for m in moments], pyarrow.int64()).cast(pyarrow.time64("us"))
    columns["time_ms"] = pyarrow.array([abs(m) % 86_400 for m in moments], pyarrow.int32()).cast(pyarrow.time32("ms"))
    columns["nothing"] = pyarrow.nulls(count)
    return pyarrow.table(columns)


def wide(generator, count):
    """Numbers that do not compress, in columns of which one is much smaller than the rest."""
    columns = {"id": pyarrow.array(range(count), pyarrow.int64())}
    for number in range(8):
        columns[f"value{number}"] = pyarrow.array([generator.random() for _ in range(count)], pyarrow.float64())
    return pyarrow.table(columns)


def events(generator, count):
    """A table as features are made from: entities, times in order, values."""
    start = 1_700_000_000_000_000
    return pyarrow.table({
        "id": pyarrow.array(range(count), pyarrow.int64()),
        "entity": pyarrow.array([f"customer-{generator.randrange(1000)}" for _ in range(count)]),
        "time": pyarrow.array([start + i * 1000 for i in range(count)], pyarrow.timestamp("us", "UTC")),
        "value": pyarrow.array([generator.gauss(0, 1) for _ in range(count)], pyarrow.float64()),
        "amount": pyarrow.array([generator.randrange(10_000) for _ in range(count)], pyarrow.int32()),
    })


def write(name, path):
    generator = random.Random(7)
    if name == "types":
        pyarrow.parquet.write_table(every_type(generator, 1000), path, row_group_size=333)
    elif name == "empty":
        pyarrow.parquet.write_table(every_type(generator, 0), path)
    elif name == "nested":
        table = pyarrow.table({"id": [1, 2], "list": [[1], [2, 3]], "pair": [{"x": 1}, {"x": 2}], "after": ["a", "b"]})
        pyarrow.parquet.write_table(table, path)
    elif name == "wide":
        pyarrow.parquet.write_table(wide(generator, 100_000), path, row_group_size=20_000, compression="none")
    elif name == "events":
        pyarrow.parquet.write_table(events(generator, 200_000), path, row_group_size=50_000)
    elif name == "types.csv":
        table = every_type(generator, 500).select(["int64", "float64", "boolean", "string", "date", "utc_us"])
        pyarrow.csv.write_csv(table, path)
    else:
        sys.exit(f"there is no table {name}")


def cell(value, kind):
    """A cell as text that both sides write alike."""
    if value is None:
        return "null"
    if pyarrow.types.is_boolean(kind):
        return "true" if value else "false"
    if pyarrow.types.is_float32(kind) or pyarrow.types.is_float64(kind):
        return "nan" if value != value else struct.pack(">d", value).hex()
    if pyarrow.types.is_binary(kind) or pyarrow.types.is_fixed_size_binary(kind):
        return value.hex()
    if pyarrow.types.is_decimal(kind):
        return format(value, "f")
    return str(value)


def raw(column):
    """The column with times as the numbers they are."""
    kind = column.type
    if pyarrow.types.is_dictionary(kind):
        return raw(column.cast(kind.value_type))
    if pyarrow.types.is_null(kind):
        return column.cast(pyarrow.string())
    if pyarrow.types.is_date32(kind) or pyarrow.types.is_time32(kind):
        return column.cast(pyarrow.int32())
    if pyarrow.types.is_timestamp(kind) or pyarrow.types.is_duration(kind) or pyarrow.types.is_time64(kind):
        return column.cast(pyarrow.int64())
    return column


def cells(path):
    table = pyarrow.csv.read_csv(path) if path.endswith(".csv") else pyarrow.parquet.read_table(path)
    columns = []
    for name, column in zip(table.column_names, table.columns):
        values = raw(column)
        texts = [cell(value, values.type) for value in values.to_pylist()]
        columns.append({"name": name, "type": str(column.type), "cells": texts})
    json.dump(columns, sys.stdout)


def edit(path, new, share):
    table = pyarrow.parquet.read_table(path)
    half = table.num_rows // 2
    inserted = table.slice(0, int(table.num_rows * float(share)))
    pyarrow.parquet.write_table(pyarrow.concat_tables([table.slice(0, half), inserted, table.slice(half)]), new)


if __name__ == "__main__":
    {"write": write, "cells": cells, "edit": edit}[sys.argv[1]](*sys.argv[2:])
