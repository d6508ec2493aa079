#!/usr/bin/env python3
"""Training and predicting against the programs that are used for it: XGBoost from Python, PyTorch, scikit-learn, ONNX Runtime.

    python3 Benchmarks/training.py --vintage .build/release/vintage --install

Three comparisons; `--only trees`, `perceptron` or `predict` makes one.

trees: a million rows of 28 float32 and a label of two classes, 100 rounds. What is timed is making the matrix and growing the trees, from numbers in
memory: in Vintage the `seconds` that `vintage train --json` tells, which hold the rounds' losses and the checkpoints as well; in Python
`DMatrix` and `train`, once with the rounds' losses and once without. Both use one file of XGBoost's code, that of the Python package, and with
`--own-library` Vintage uses the system's. The trees of both have to be the same.

perceptron: 28-256-256-1 with ReLU, 200,000 rows, batches of 256 in a new random order each epoch, Adam: seconds an epoch, on one and on two threads. Vintage's
hold the checkpoint after each epoch. PyTorch is measured with the Adam it makes by default and with the fused one.

predict: a perceptron of 256-512-512-1, one row and 256 rows in a call, from numbers in memory, on one thread: `vintage bench --prepared`, ONNX
Runtime and PyTorch with the same weights. The peers are called from Python; what a call costs that computes nothing is told beside. The answers
are compared first.

The programs take turns, `--rounds` times; the median and the least are told. The peers are taken from PyPI into .cache/bench/training (see `--install`).
"""

import argparse
import json
import os
import pathlib
import shutil
import subprocess
import sys

from measure import median
from peers import environment_for

ROOT = pathlib.Path(__file__).resolve().parent.parent
TOOLS = ROOT / ".cache/bench/training"
PYTHON = TOOLS / "bin/python"
# The machine's own wheel of PyTorch is taken if there is one without CUDA.
PACKAGES = [
    "xgboost==1.7.4", "numpy", "scipy", "scikit-learn==1.9.*", "torch", "onnx", "onnxruntime", "safetensors", "pyarrow==26.0.1"]

GENERATE = """
import sys, numpy, pyarrow, pyarrow.parquet
path, rows, columns = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
random = numpy.random.default_rng(20130601)
values = random.standard_normal((rows, columns), dtype=numpy.float32)
score = values[:, 0] * values[:, 1] + numpy.sin(2 * values[:, 2]) + 0.5 * values[:, 3] + 0.3 * random.standard_normal(rows)
table = {f"f{number}": values[:, number] for number in range(columns)}
table["label"] = (score > 0).astype(numpy.int8)
table["split"] = ["train"] * rows
pyarrow.parquet.write_table(pyarrow.table(table), path, compression="zstd")
"""

LOAD = """
import gc, json, statistics, sys, time, warnings, numpy, pyarrow.parquet
warnings.simplefilter("ignore")
def load(path):
    table = pyarrow.parquet.read_table(path)
    names = [name for name in table.column_names if name.startswith("f")]
    values = numpy.ascontiguousarray(numpy.stack([table[name].to_numpy() for name in names], axis=1))
    return values, table["label"].to_numpy().astype(numpy.float32)
"""

XGBOOST = LOAD + """
import xgboost
path, settings, rounds, judges, model = sys.argv[1], json.loads(sys.argv[2]), int(sys.argv[3]), sys.argv[4] == "yes", sys.argv[5]
values, label = load(path)
began = time.perf_counter()
rows = xgboost.DMatrix(values, label)
booster = xgboost.train(settings, rows, rounds, evals=[(rows, "rows")] if judges else [], verbose_eval=False)
seconds = time.perf_counter() - began
booster.save_model(model)
print(json.dumps({"seconds": seconds, "library": xgboost.core.find_lib_path()[0]}))
"""

NETWORK = """
import torch
def network(*widths):
    layers = []
    for inputs, outputs in zip(widths, widths[1:]):
        layers += [torch.nn.Linear(inputs, outputs), torch.nn.ReLU()]
    return torch.nn.Sequential(*layers[:-1])
"""

PYTORCH = LOAD + NETWORK + """
path, threads, epochs, batch, isFused = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4]), sys.argv[5] == "yes"
torch.set_num_threads(threads)
values, label = load(path)
values, label = torch.from_numpy((values - values.mean(0)) / values.std(0)), torch.from_numpy(label)
model = network(values.shape[1], 256, 256, 1)
optimizer, loss = torch.optim.Adam(model.parameters(), lr=0.001, fused=isFused), torch.nn.BCEWithLogitsLoss()
seconds = []
for _ in range(epochs):
    began = time.perf_counter()
    order = torch.randperm(len(values))
    for place in range(0, len(values), batch):
        rows = order[place:place + batch]
        optimizer.zero_grad()
        found = loss(model(values[rows]).squeeze(1), label[rows])
        found.backward()
        optimizer.step()
    seconds.append(time.perf_counter() - began)
print(json.dumps({"seconds": statistics.median(seconds), "loss": found.item()}))
"""

SCIKIT = LOAD + """
import threadpoolctl
from sklearn.neural_network import MLPClassifier
path, threads, epochs, batch = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])
values, label = load(path)
values = (values - values.mean(0)) / values.std(0)
with threadpoolctl.threadpool_limits(threads):
    model = MLPClassifier((256, 256), batch_size=batch, max_iter=epochs, alpha=0, tol=0, n_iter_no_change=10 ** 6)
    began = time.perf_counter()
    model.fit(values, label)
    print(json.dumps({"seconds": (time.perf_counter() - began) / epochs, "loss": model.loss_}))
"""

PREDICT = LOAD + NETWORK + """
import onnx, onnx.helper, onnxruntime, safetensors.numpy
from onnx import TensorProto
path, weights, predictions, batches = sys.argv[1], safetensors.numpy.load_file(sys.argv[2]), sys.argv[3], json.loads(sys.argv[4])
torch.set_num_threads(1)
values = load(path)[0]
layers = [(weights[f"layers.{number}.weight"], weights[f"layers.{number}.bias"]) for number in range(3)]
def session(nodes, initializers, outputs):
    graph = onnx.helper.make_graph(
        nodes, "network", [onnx.helper.make_tensor_value_info("x0", TensorProto.FLOAT, [None, values.shape[1]])],
        [onnx.helper.make_tensor_value_info(nodes[-1].output[0], TensorProto.FLOAT, [None, outputs])], initializers)
    model = onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", 17)], ir_version=9)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    return onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
nodes, initializers = [], []
for number, (weight, bias) in enumerate(layers):
    for name, tensor in ((f"w{number}", weight), (f"b{number}", bias)):
        initializers.append(onnx.numpy_helper.from_array(tensor, name))
    nodes.append(onnx.helper.make_node("Gemm", [f"x{number}", f"w{number}", f"b{number}"], [f"y{number}"]))
    nodes.append(onnx.helper.make_node("Relu" if number < 2 else "Sigmoid", [f"y{number}"], [f"x{number + 1}"]))
full = session(nodes, initializers, 1)
empty = session([onnx.helper.make_node("Identity", ["x0"], ["x1"])], [], values.shape[1])
model = network(values.shape[1], 512, 512, 1)
with torch.no_grad():
    for layer, (weight, bias) in zip([layer for layer in model if hasattr(layer, "weight")], layers):
        layer.weight.copy_(torch.from_numpy(weight.T.copy()))
        layer.bias.copy_(torch.from_numpy(bias))
expected = pyarrow.parquet.read_table(predictions)["probability"].to_numpy()
found = full.run(None, {"x0": values})[0][:, 0]
with torch.inference_mode():
    others = torch.sigmoid(model(torch.from_numpy(values)))[:, 0].numpy()
worst = max(abs(expected - found).max(), abs(expected - others).max())
if worst > 1e-5:
    sys.exit(f"the answers differ by {worst}")
def microseconds(call, batch):
    inputs = [numpy.ascontiguousarray(values[place:place + batch]) for place in range(0, 16 * batch, batch)]
    times = []
    began = time.perf_counter()
    while time.perf_counter() - began < 1.5:
        for rows in inputs:
            start = time.perf_counter_ns()
            call(rows)
            times.append(time.perf_counter_ns() - start)
    return statistics.median(times[len(times) // 10:]) / 1000
def bound(session):
    binding = session.io_binding()
    def call(rows):
        binding.bind_cpu_input("x0", rows)
        binding.bind_output(session.get_outputs()[0].name, "cpu")
        session.run_with_iobinding(binding)
    return call
@torch.inference_mode()
def torch_call(rows):
    return torch.sigmoid(model(torch.from_numpy(rows)))
result = {"worst": float(worst)}
for batch in batches:
    result[str(batch)] = {
        "ONNX Runtime": min(microseconds(lambda rows: full.run(None, {"x0": rows}), batch), microseconds(bound(full), batch)),
        "ONNX Runtime, computing nothing": min(
            microseconds(lambda rows: empty.run(None, {"x0": rows}), batch), microseconds(bound(empty), batch)),
        "PyTorch": microseconds(torch_call, batch)}
print(json.dumps(result))
"""

TREES = {"eta": 0.1, "max_depth": 6, "min_child_weight": 1.0, "subsample": 1.0, "colsample_bytree": 1.0, "lambda": 1.0, "alpha": 0.0,
         "gamma": 0.0, "max_bin": 256}


class Bench:
    def __init__(self, options):
        self.vintage = options.vintage.resolve()
        self.rounds = options.rounds
        self.threads = options.threads or [1, 2]
        self.folder = ROOT / ".cache/bench/training-work"
        home = ROOT / ".cache/bench/training-home"
        home.mkdir(parents=True, exist_ok=True)
        self.environment = environment_for(home)
        if not (self.folder / "vintage.lock").exists():
            shutil.rmtree(self.folder, ignore_errors=True)
            (self.folder / "data").mkdir(parents=True)
            self.command("init", "--no-git")

    def command(self, *words, environment=None):
        done = subprocess.run(
            [str(word) for word in (self.vintage, *words)], cwd=self.folder, env=environment or self.environment, check=True,
            capture_output=True, text=True)
        return done.stdout

    def python(self, script, *words, threads=1):
        # Numbers of threads are told by variables too, since some libraries look at nothing else.
        environment = self.environment | {name: str(threads) for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")}
        done = subprocess.run(
            [str(word) for word in (PYTHON, "-c", script, *words)], cwd=self.folder, env=environment, capture_output=True, text=True)
        if done.returncode != 0:
            sys.exit(done.stderr[-2000:] + done.stdout)
        return json.loads(done.stdout.splitlines()[-1])

    def table(self, rows, columns):
        path = self.folder / f"data/rows-{rows}-{columns}.parquet"
        if not path.exists():
            subprocess.run([PYTHON, "-c", GENERATE, path, str(rows), str(columns)], check=True)
        return path

    def train(self, table, settings, output, threads, environment=None):
        # Settings of no effect on the model keep a training from being found unchanged.
        (self.folder / "train.yaml").write_text(settings)
        self.command("config", "core.workers", threads)
        shutil.rmtree(self.folder / output, ignore_errors=True)
        return json.loads(self.command(
            "train", "--data", table, "--config", "train.yaml", "-o", output, "--json", environment=environment))

    # MARK: Comparisons

    def trees(self, rows, own_library):
        table = self.table(rows, 28)
        rounds = 100
        for threads in self.threads:
            settings = TREES | {
                "booster": "gbtree", "tree_method": "hist", "objective": "binary:logistic", "eval_metric": "logloss", "seed": 0,
                "seed_per_iteration": True, "nthread": threads}
            ours = f"model: trees\nlabel: label\nloss: logistic\nbootstrap: 0\ntrees: {{rounds: {rounds}}}\n"
            seconds = {}
            for _ in range(self.rounds):
                for judges in ("yes", "no"):
                    name = "Python" + ("" if judges == "yes" else ", without the rounds' losses")
                    told = self.python(XGBOOST, table, json.dumps(settings), rounds, judges, "python.json", threads=threads)
                    seconds.setdefault(name, []).append(told["seconds"])
                environment = dict(self.environment)
                if not own_library:
                    libraries = self.folder / "library"
                    libraries.mkdir(exist_ok=True)
                    link = libraries / "libxgboost.so.0"
                    link.unlink(missing_ok=True)
                    link.symlink_to(told["library"])
                    # What the Python package brings along, such as OpenMP.
                    further = pathlib.Path(told["library"]).parents[2] / "xgboost.libs"
                    environment["LD_LIBRARY_PATH"] = f"{libraries}:{further}"
                trained = self.train(table, ours, "models/trees", threads, environment)
                seconds.setdefault("Vintage", []).append(trained["seconds"])
                if not own_library and not same_trees(self.folder / "python.json", self.folder / "models/trees/trees.json"):
                    sys.exit("the trees differ")
            show(f"{rows} rows of 28, {rounds} rounds, {threads} thread(s)", seconds, "s", 3, "Vintage")

    def perceptron(self, rows):
        table = self.table(rows, 28)
        epochs, batch = 3, 256
        for threads in self.threads:
            seconds = {}
            for _ in range(self.rounds):
                trained = self.train(
                    table, f"model: mlp\nlabel: label\nloss: logistic\nhidden: [256, 256]\nbatch_size: {batch}\nepochs: {epochs}\nbootstrap: 0\n",
                    "models/perceptron", threads)
                seconds.setdefault("Vintage", []).append(trained["seconds"] / epochs)
                for fused in ("no", "yes"):
                    name = "PyTorch" + (", fused Adam" if fused == "yes" else "")
                    seconds.setdefault(name, []).append(
                        self.python(PYTORCH, table, threads, epochs, batch, fused, threads=threads)["seconds"])
                seconds.setdefault("scikit-learn", []).append(
                    self.python(SCIKIT, table, threads, epochs, batch, threads=threads)["seconds"])
            show(f"28-256-256-1, {rows} rows, {threads} thread(s), an epoch", seconds, "s", 3, "Vintage")

    def predict(self):
        table = self.table(8192, 256)
        self.train(
            table, "model: mlp\nlabel: label\nloss: logistic\nhidden: [512, 512]\nepochs: 1\nscale: none\nbootstrap: 0\n", "models/wide", 1)
        self.command("predict", "models/wide", "--data", table, "-o", "predictions.parquet", "--columns", "label", "--force")
        times = {1: {}, 256: {}}
        for _ in range(self.rounds):
            report = json.loads(self.command(
                "bench", "models/wide", "--data", table, "--prepared", "--batch-sizes", "1,256", "--threads", "1", "--rates", "100",
                "--load-seconds", "0.1", "--json"))
            version = report["versions"][0]
            times[1].setdefault("Vintage", []).append(version["one_row"]["p50"] / 1000)
            rate = next(entry["rows_per_second"] for entry in version["throughput"] if entry["batch"] == 256)
            times[256].setdefault("Vintage", []).append(256 / rate * 1e6)
            told = self.python(PREDICT, table, "models/wide/weights.safetensors", "predictions.parquet", "[1, 256]")
            for batch in times:
                for name, value in told[str(batch)].items():
                    times[batch].setdefault(name, []).append(value)
        print(f"the largest difference between answers: {told['worst']:.1e}")
        for batch, values in times.items():
            show(f"256-512-512-1, {batch} row(s) in a call", values, "µs", 1, "Vintage")


def same_trees(left, right):
    """Whether two models of XGBoost have the same trees, whatever else they tell."""
    def trees(path):
        return json.loads(path.read_text())["learner"]["gradient_booster"]["model"]["trees"]
    return trees(left) == trees(right)


def show(title, values, unit, digits, ours):
    """The median and the least of the rounds, which other work on the machine changes least, and ours by each peer's."""
    print(f"\n{title}\n\n| | median, {unit} | {ours} by it | least, {unit} | {ours} by it | rounds |\n| --- | --- | --- | --- | --- | --- |")
    for name, all in values.items():
        cells = [name]
        for of in (median, min):
            cells += [f"{of(all):.{digits}f}", "" if name == ours else f"{of(values[ours]) / of(all):.2f}"]
        print(f"| {' | '.join(cells)} | {', '.join(f'{value:.{digits}f}' for value in all)} |", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--vintage", type=pathlib.Path, default=ROOT / ".build/release/vintage")
    parser.add_argument("--install", action="store_true", help="install the peers into .cache/bench/training")
    parser.add_argument("--only", choices=["trees", "perceptron", "predict"])
    parser.add_argument("--rows", type=int, help="how many rows: 1000000 for trees, 200000 for the perceptron")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, action="append", help="how many threads train; 1 and 2 by default")
    parser.add_argument("--own-library", action="store_true", help="Vintage uses the system's XGBoost, not the Python package's")
    options = parser.parse_args()
    if options.install and not PYTHON.exists():
        subprocess.run([sys.executable, "-m", "venv", TOOLS], check=True)
        subprocess.run([PYTHON, "-m", "pip", "install", "-q", *PACKAGES], check=True)
    if not PYTHON.exists():
        sys.exit("there are no peers; give --install")
    bench = Bench(options)
    print(f"load before: {os.getloadavg()[0]:.2f}")
    if options.only in (None, "trees"):
        bench.trees(options.rows or 1_000_000, options.own_library)
    if options.only in (None, "perceptron"):
        bench.perceptron(options.rows or 200_000)
    if options.only in (None, "predict"):
        bench.predict()


if __name__ == "__main__":
    main()
