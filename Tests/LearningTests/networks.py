"""The other side of the tests of networks: ONNX Runtime computes what Vintage does, from the files that Vintage has written.

    networks.py MODEL ROWS OUTPUTS ACTIVATION TABLE…

MODEL is a file of weights, of single precision or of whole numbers, ROWS one with the tensors `numbers` and `codes`, ACTIVATION
the name of ONNX's operator, each TABLE the name of one. OUTPUTS becomes a file with the tensor `outputs`.
"""

import sys

import numpy
import onnxruntime
import safetensors.numpy
from onnx import TensorProto, helper, numpy_helper


class Graph:
    def __init__(self):
        self.nodes, self.constants = [], []

    def constant(self, values):
        name = f"c{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(values, name))
        return name

    def add(self, operator, *inputs, **attributes):
        name = f"n{len(self.nodes)}"
        self.nodes.append(helper.make_node(operator, list(inputs), [name], **attributes))
        return name


def unpacked(weights, name, shape):
    """Whole numbers of 4 bits are two to a byte, the first in the lower half, each plus 8."""
    values = weights[name]
    if values.dtype == numpy.uint8:
        values = numpy.stack([values & 15, values >> 4], axis=1).reshape(-1).astype(numpy.int8) - 8
        values = values[: numpy.prod(shape)].reshape(shape)
    return values.astype(numpy.float32)


def main(model, rows, outputs, activation, *tables):
    weights = safetensors.numpy.load_file(model)
    data = safetensors.numpy.load_file(rows)
    graph = Graph()
    parts = ["numbers"]
    for place, table in enumerate(tables):
        values = weights[f"tables.{table}"]
        scales = weights.get(f"table_scales.{table}")
        if scales is not None:
            shape = (len(scales), -1) if values.dtype != numpy.uint8 else (len(scales), len(values) * 2 // len(scales))
            values = unpacked(weights, f"tables.{table}", shape).reshape(len(scales), -1) * scales[:, None]
        column = graph.add("Gather", "codes", graph.constant(numpy.array(place)), axis=1)
        parts.append(graph.add("Gather", graph.constant(values), column, axis=0))
    taken = graph.add("Concat", *parts, axis=1) if len(parts) > 1 else "numbers"
    layers = sum(name.endswith(".bias") for name in weights)
    for layer in range(layers):
        name = f"layers.{layer}"
        bias = weights[f"{name}.bias"]
        scales = weights.get(f"{name}.scale")
        if scales is None:
            product = graph.add("MatMul", taken, graph.constant(weights[f"{name}.weight"].astype(numpy.float32)))
        else:
            # Sums of whole numbers below 2^24 are exact in single precision.
            count = weights[f"{name}.weight"].size * (2 if weights[f"{name}.weight"].dtype == numpy.uint8 else 1)
            matrix = unpacked(weights, f"{name}.weight", (count // len(bias), len(bias)))
            if f"{name}.range" in weights:
                size = graph.constant(weights[f"{name}.range"])
            else:
                size = graph.add("ReduceMax", graph.add("Abs", taken), graph.constant(numpy.array([1])), keepdims=1)
            most = graph.constant(numpy.float32(127))
            factored = graph.add("Mul", taken, graph.add("Div", most, size))
            clipped = graph.add("Clip", factored, graph.constant(numpy.float32(-127)), most)
            whole = graph.add("Round", clipped)
            scale = graph.add("Mul", graph.add("Div", size, most), graph.constant(scales))
            product = graph.add("Mul", graph.add("MatMul", whole, graph.constant(matrix)), scale)
        taken = graph.add("Add", product, graph.constant(bias))
        if layer + 1 < layers:
            taken = graph.add(activation, taken)
    inputs = [helper.make_tensor_value_info("numbers", TensorProto.FLOAT, list(data["numbers"].shape))]
    feeds = {"numbers": data["numbers"]}
    if tables:
        inputs.append(helper.make_tensor_value_info("codes", TensorProto.INT32, list(data["codes"].shape)))
        feeds["codes"] = data["codes"]
    made = helper.make_model(
        helper.make_graph(
            graph.nodes, "network", inputs, [helper.make_tensor_value_info(taken, TensorProto.FLOAT, None)],
            graph.constants),
        opset_imports=[helper.make_opsetid("", 18)])
    made.ir_version = 8
    session = onnxruntime.InferenceSession(made.SerializeToString(), providers=["CPUExecutionProvider"])
    safetensors.numpy.save_file({"outputs": session.run(None, feeds)[0]}, outputs)


main(*sys.argv[1:])
