"""Times ONNX Runtime's dynamic int8 perceptron of 256-512-512-1 on one thread, beside Vintage's kernels: prints a table."""
import subprocess
import sys
import tempfile
import time

import numpy
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper
from onnxruntime.quantization import QuantType, quantize_dynamic

WIDTHS = [256, 512, 512, 1]


def model(folder):
    random = numpy.random.default_rng(0)
    nodes, weights, taken = [], [], "x"
    for layer, (depth, width) in enumerate(zip(WIDTHS, WIDTHS[1:])):
        weight = random.normal(size=(depth, width)).astype(numpy.float32) * (2 / depth) ** 0.5
        weights.append(numpy_helper.from_array(weight, f"w{layer}"))
        weights.append(numpy_helper.from_array(numpy.full(width, 0.01, numpy.float32), f"b{layer}"))
        nodes.append(helper.make_node("MatMul", [taken, f"w{layer}"], [f"m{layer}"]))
        nodes.append(helper.make_node("Add", [f"m{layer}", f"b{layer}"], [f"a{layer}"]))
        taken = f"a{layer}"
        if layer < len(WIDTHS) - 2:
            nodes.append(helper.make_node("Relu", [taken], [f"r{layer}"]))
            taken = f"r{layer}"
    graph = helper.make_graph(
        nodes, "perceptron", [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["rows", WIDTHS[0]])],
        [helper.make_tensor_value_info(taken, TensorProto.FLOAT, ["rows", WIDTHS[-1]])], weights)
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)])
    made.ir_version = 8
    onnx.save(made, f"{folder}/plain.onnx")
    quantize_dynamic(
        f"{folder}/plain.onnx", f"{folder}/int8.onnx", weight_type=QuantType.QInt8, per_channel=True,
        reduce_range=False)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    return onnxruntime.InferenceSession(f"{folder}/int8.onnx", options, providers=["CPUExecutionProvider"])


def shortest(session, rows):
    """The shortest time of a batch in µs of processor time, with memory bound beforehand."""
    data = numpy.random.default_rng(1).uniform(-1, 1, (rows, WIDTHS[0])).astype(numpy.float32)
    binding = session.io_binding()
    binding.bind_cpu_input("x", data)
    binding.bind_ortvalue_output(
        session.get_outputs()[0].name,
        onnxruntime.OrtValue.ortvalue_from_numpy(numpy.zeros((rows, 1), numpy.float32)))
    calls, best = 50 if rows < 16 else 1, float("inf")
    for _ in range(300):
        start = time.thread_time_ns()
        for _ in range(calls):
            session.run_with_iobinding(binding)
        best = min(best, (time.thread_time_ns() - start) / 1000 / calls)
    return best


def main():
    batches = [1, 256]
    with tempfile.TemporaryDirectory() as folder:
        session = model(folder)
        ours = {rows: float("inf") for rows in batches}
        peers = dict(ours)
        for _ in range(3):
            output = subprocess.run([sys.argv[1], *map(str, batches)], capture_output=True, text=True, check=True).stdout
            for line in output.splitlines():
                rows, microseconds = line.split()
                ours[int(rows)] = min(ours[int(rows)], float(microseconds))
            for rows in batches:
                peers[rows] = min(peers[rows], shortest(session, rows))
    print(f"256-512-512-1 in 8 bits, one thread, ONNX Runtime {onnxruntime.__version__}\n")
    print("| batch | Vintage's kernels, µs | ONNX Runtime, µs | ratio |\n| --- | --- | --- | --- |")
    for rows in batches:
        print(f"| {rows} | {ours[rows]:.1f} | {peers[rows]:.1f} | {ours[rows] / peers[rows]:.2f} |")


main()
