"""The other side of the tests of vectors: pyarrow writes and reads them.

    vectors.py write KIND FILE    writes vectors as lists, large lists or fixed-size lists, or lists that are no vectors
    vectors.py print FILE         prints the type and the values of the column of vectors
"""

import sys

import pyarrow
import pyarrow.parquet

ROWS = [None, [1, 2, 3], None, [float("nan"), float("-inf"), 0.25], [4, 5, 6]]


def write(kind, file):
    rows, type = ROWS, pyarrow.list_(pyarrow.float32())
    if kind == "large_list":
        type = pyarrow.large_list(pyarrow.float32())
    elif kind == "fixed":
        type = pyarrow.list_(pyarrow.float32(), 3)
    elif kind == "ragged":
        rows = [None, [1, 2, 3], [], [4], [5, 6]]
    elif kind == "hole":
        rows, type = [None, [1, 2, 3], [1, None, 3], None, [4, 5, 6]], pyarrow.list_(pyarrow.float32(), 3)
    table = pyarrow.table({"id": list(range(len(rows))), "vector": pyarrow.array(rows, type)})
    pyarrow.parquet.write_table(table, file, row_group_size=2)


if sys.argv[1] == "write":
    write(*sys.argv[2:])
else:
    column = pyarrow.parquet.read_table(sys.argv[2])["vector"]
    print(f"fixed_size_list[{column.type.list_size}] {column.type.value_type} {column.to_pylist()}")
