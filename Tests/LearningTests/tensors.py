"""The other side of the tests of weights: the Python package safetensors writes what Vintage reads, and reads what it writes.

    tensors.py write FILE   writes tensors of several types, by a fixed seed
    tensors.py read FILE    prints each tensor's name, type, shape and values' bytes as JSON
    tensors.py refuse FILE  ends with status 0 if safetensors refuses the file
"""

import json
import sys

import numpy
import safetensors
import safetensors.numpy


def write(path):
    generator = numpy.random.default_rng(7)
    tensors = {
        "layers.0.weight": generator.normal(size=(5, 3)).astype(numpy.float32),
        "layers.0.bias": numpy.array([1.5, -0.0, 3e-39], dtype=numpy.float32),
        "scalar": numpy.array(2.5, dtype=numpy.float32),
        "empty": numpy.zeros((0, 4), dtype=numpy.float32),
        "flags": numpy.array([True, False, True]),
        "bytes": generator.integers(0, 256, 7).astype(numpy.uint8),
        "half": generator.normal(size=3).astype(numpy.float16),
        "double": generator.normal(size=(2, 2)),
        "ß 語": numpy.arange(4, dtype=numpy.int64),
    }
    safetensors.numpy.save_file(tensors, path, metadata={"format": "np", "quote\"": "line\nend"})


def read(path):
    tensors = safetensors.numpy.load_file(path)
    with safetensors.safe_open(path, framework="numpy") as file:
        metadata = file.metadata() or {}
    listed = {
        name: {"dtype": str(value.dtype), "shape": list(value.shape), "bytes": value.tobytes().hex()}
        for name, value in sorted(tensors.items())
    }
    print(json.dumps({"metadata": metadata, "tensors": listed}, sort_keys=True))


def refuse(path):
    try:
        safetensors.numpy.load_file(path)
    except Exception:
        return
    sys.exit("safetensors takes it")


{"write": write, "read": read, "refuse": refuse}[sys.argv[1]](sys.argv[2])
