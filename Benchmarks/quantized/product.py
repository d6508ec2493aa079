"""Times `vintage`'s perceptron of 256-512-512-1 in whole numbers beside ONNX Runtime's dynamic int8 of the same trained weights.

    product.py VINTAGE

Prints a table, and what the 8 bits cost in AUC.
"""
import json
import os
import statistics
import struct
import subprocess
import sys
import tempfile
import time

import numpy
import onnxruntime
from peer import WIDTHS, quantized_session

ROWS = 12_000
SETTINGS = """label: y
hidden: [512, 512]
epochs: 3
split: {by: random, fractions: [0.5, 0.1, 0.4]}
indicators: false
bootstrap: 0
"""


def write_table(path):
    """Rows of which a sum of products, and chance, make the label."""
    random = numpy.random.default_rng(3)
    numbers = random.normal(size=(ROWS, WIDTHS[0])).astype(numpy.float32)
    score = numbers[:, :32].sum(axis=1) / 4 + (numbers[:, 32:48] * numbers[:, 48:64]).sum(axis=1) / 2
    label = score + random.normal(size=ROWS) > 0
    with open(path, "w") as file:
        file.write(",".join(f"x{column}" for column in range(WIDTHS[0])) + ",y\n")
        for row, is_true in zip(numbers, label):
            file.write(",".join(f"{number:.5g}" for number in row) + (",true\n" if is_true else ",false\n"))


def tensors(path):
    """The tensors of single precision in a file of safetensors."""
    with open(path, "rb") as file:
        data = file.read()
    (length,) = struct.unpack("<Q", data[:8])
    header = json.loads(data[8 : 8 + length])
    found = {}
    for name, tensor in header.items():
        if name != "__metadata__":
            first, end = (8 + length + offset for offset in tensor["data_offsets"])
            found[name] = numpy.frombuffer(data[first:end], numpy.float32).reshape(tensor["shape"])
    return found


def peer_times(session, rows):
    """The median time of a batch, in µs."""
    data = numpy.random.default_rng(1).normal(size=(rows, WIDTHS[0])).astype(numpy.float32)
    binding = session.io_binding()
    binding.bind_cpu_input("x", data)
    output = numpy.zeros((rows, 1), numpy.float32)
    binding.bind_ortvalue_output(session.get_outputs()[0].name, onnxruntime.OrtValue.ortvalue_from_numpy(output))
    times = []
    for _ in range(4000 if rows < 16 else 400):
        start = time.perf_counter_ns()
        session.run_with_iobinding(binding)
        times.append((time.perf_counter_ns() - start) / 1000)
    return statistics.median(times)


def main(vintage):
    with tempfile.TemporaryDirectory() as folder:

        def run(*words):
            return subprocess.run(
                [os.path.abspath(vintage), *words], cwd=folder, check=True, capture_output=True, text=True).stdout

        run("init", "--no-git")
        write_table(f"{folder}/rows.csv")
        with open(f"{folder}/train.yaml", "w") as file:
            file.write(SETTINGS)
        run("train", "--data", "rows.csv", "--config", "train.yaml", "-o", "models/net")
        report = json.loads(
            run("quantize", "models/net", "--to", "int8", "--data", "rows.csv", "-o", "models/int8", "--json"))
        weights = tensors(f"{folder}/models/net/weights.safetensors")
        session = quantized_session(
            folder, [(weights[f"layers.{layer}.weight"], weights[f"layers.{layer}.bias"]) for layer in range(3)])
        ours, peers = {1: [], 256: []}, {1: [], 256: []}
        for _ in range(3):
            bench = json.loads(
                run(
                    "bench", "models/int8", "--data", "rows.csv", "--prepared", "--batch-sizes", "1,256", "--threads", "1",
                    "--rounds", "5", "--rates", "100", "--load-seconds", "0.1", "--json"))
            (version,) = bench["versions"]
            ours[1].append(version["one_row"]["p50"] / 1000)
            rates = {shape["batch"]: shape["rows_per_second"] for shape in version["throughput"]}
            ours[256].append(256e6 / rates[256])
            for rows in peers:
                peers[rows].append(peer_times(session, rows))
    print("\n| batch | `vintage bench --prepared`, µs | ONNX Runtime, µs | ratio |\n| --- | --- | --- | --- |")
    for rows in peers:
        own, peer = statistics.median(ours[rows]), statistics.median(peers[rows])
        print(f"| {rows} | {own:.1f} | {peer:.1f} | {own / peer:.2f} |")
    before, after = (report[side]["metrics"]["auc"]["value"] for side in ("before", "after"))
    print(f"\nAUC of {report['before']['rows']} rows: {before:.5f} before, {after:.5f} in 8 bits, {100 * (before - after):.3f} points less")


if __name__ == "__main__":
    main(sys.argv[1])
