"""Compares Vintage with its peers on the same data in one run, and writes Docs/benchmarks.md.

    make bench                                   the whole comparison, medians of three
    make bench BENCH="--huge --million"          also a file of 10 GiB and a folder of 1,000,000 files
    python3 Benchmarks/compare.py --only w2-status --runs 1 --scale 0.05

A run that is not whole (--only, --peers, --scale) prints its page and leaves Docs/benchmarks.md alone, unless --output
names a file. Exit status: 0 done, 2 wrong use, 3 a tool failed. Targets that are not met do not fail the run.
"""

import argparse
import datetime
import json
import os
import pathlib
import platform
import shutil
import subprocess
import sys
import tempfile

import peers as tools_of
import report
import workloads
from measure import CommandFailed, median, settle, stored_bytes, warm

ROOT = pathlib.Path(__file__).resolve().parent.parent
CACHE = ROOT / ".cache" / "bench"
DVC_REQUIREMENT = "dvc==3.67.*"

EVERYONE = list(tools_of.PEERS)
#: Which tools take part in which case.
TAKING_PART = {
    "w1-add": EVERYONE,
    "w3-add": ["vintage", "vintage filter", "dvc", "git-lfs", "restic", "borg", "git"],
    "w1-checkout": EVERYONE,
    "w2-add": [name for name in EVERYONE if name != "zstd -3 -T2"],
    "w2-checkout": [name for name in EVERYONE if name != "zstd -3 -T2"],
    "w2-status": ["vintage", "vintage filter", "dvc", "git-lfs", "git"],
    "w2-ci": ["vintage"],
    "hook-idle": ["vintage"],
    "hook-commit": ["vintage"],
    "huge-add": ["vintage"],
    "million-add": ["vintage"],
    "million-status": ["vintage"],
    "million-change": ["vintage"],
}
#: Short commands are called this often in a round, and their median taken.
CALLS_OF_STATUS = 5


class Wrong(Exception):
    """A tool gave back other bytes than it was given."""


def copy(source, target):
    """Copies data untimed, to where a tool may change it or move it away."""
    subprocess.run(["cp", "-r", "--", str(source), str(target)], check=True)


def same_bytes(one, other):
    return subprocess.run(["diff", "-rq", "--", str(one), str(other)], stdout=subprocess.DEVNULL, check=False).returncode == 0


def timed(peer, arguments):
    settle()
    return peer.call(*arguments)


class Round:
    """One tool's turn on one workload: a new repository, then the cases that were asked for, in order."""

    def __init__(self, folder, peer_class, tools, data, record, cases):
        self.peer = peer_class(folder, tools)
        self.data = data
        self.record = record
        self.cases = cases

    def note(self, case, measurement, **more):
        if case in self.cases:
            self.record(case, self.peer.name, measurement, **more)

    def begin(self, source, name):
        copy(source, self.peer.work / name)
        warm(self.peer.work / name)
        self.peer.start()
        self.stored = stored_bytes(self.peer.store())

    def add(self, case, name):
        measurement = timed(self.peer, self.peer.add(name))
        stored = stored_bytes(self.peer.store())
        growth = stored - self.stored
        self.stored = stored
        return measurement, {"stored": stored, "growth": growth}

    def checkout(self, case, name, source):
        self.peer.remove_data(name)
        self.note(case, timed(self.peer, self.peer.checkout(name)))
        if not same_bytes(source, self.peer.work / name):
            raise Wrong(f"{self.peer.name}: {case} gave back other bytes than were added")

    def short(self, arguments):
        """The median of some calls, after one to warm up."""
        self.peer.call(*arguments)
        calls = [timed(self.peer, arguments) for _ in range(CALLS_OF_STATUS)]
        return sorted(calls, key=lambda call: call.seconds)[len(calls) // 2]

    def status(self, case, name):
        self.note(case, self.short(self.peer.status(name)))

    def takes_part(self, case):
        return case in self.cases and self.peer.name in TAKING_PART[case]

    def w1(self):
        self.begin(self.data["w1"], "w1.csv")
        measurement, sizes = self.add("w1-add", "w1.csv")
        self.note("w1-add", measurement, stored=sizes["stored"])
        self.peer.commit("w1.csv")
        if self.takes_part("w1-checkout"):
            self.checkout("w1-checkout", "w1.csv", self.data["w1"])
        if self.takes_part("w3-add"):
            self.peer.remove_data("w1.csv")
            copy(self.data["w3"], self.peer.work / "w1.csv")
            warm(self.peer.work / "w1.csv")
            self.stored = stored_bytes(self.peer.store())
            measurement, sizes = self.add("w3-add", "w1.csv")
            self.note("w3-add", measurement, **sizes)

    def w2(self):
        self.begin(self.data["w2"], "w2")
        measurement, sizes = self.add("w2-add", "w2")
        self.note("w2-add", measurement, stored=sizes["stored"])
        self.peer.commit("w2")
        if self.takes_part("w2-status"):
            self.status("w2-status", "w2")
        if self.takes_part("w2-ci"):
            self.note("w2-ci", self.short(self.peer.ci()))
        if self.takes_part("w2-checkout"):
            self.checkout("w2-checkout", "w2", self.data["w2"])

    def thousand(self):
        self.begin(self.data["thousand"], "thousand")
        files = sorted(f"thousand/{file}" for file in os.listdir(self.peer.work / "thousand"))
        self.peer.call(*self.peer.add(files[0]), *files[1:])
        self.peer.commit("thousand")
        self.peer.install_hooks()
        if self.takes_part("hook-idle"):
            # Of all hooks the one that takes longest.
            hooks = [self.short(arguments) for arguments in self.peer.idle_hooks()]
            self.note("hook-idle", max(hooks, key=lambda call: call.seconds))
        if self.takes_part("hook-commit"):
            self.note("hook-commit", self.short(self.peer.hook("pre-commit")))

    def huge(self):
        self.begin(self.data["huge"], "huge.csv")
        measurement, sizes = self.add("huge-add", "huge.csv")
        self.note("huge-add", measurement, stored=sizes["stored"])

    def million(self):
        self.begin(self.data["million"], "million")
        measurement, sizes = self.add("million-add", "million")
        self.note("million-add", measurement, stored=sizes["stored"])
        self.peer.commit("million")
        if self.takes_part("million-status"):
            self.status("million-status", "million")
        if self.takes_part("million-change"):
            files = sorted(os.listdir(self.peer.work / "million"))
            (self.peer.work / "million" / files[len(files) // 2]).write_bytes(b'{"changed": true}\n')
            self.stored = stored_bytes(self.peer.store())
            measurement, sizes = self.add("million-change", "million")
            self.note("million-change", measurement, **sizes)


#: Which workloads a round needs, and which cases it can answer.
ROUNDS = {
    "w1": (["w1", "w3"], ["w1-add", "w1-checkout", "w3-add"]),
    "w2": (["w2"], ["w2-add", "w2-status", "w2-ci", "w2-checkout"]),
    "thousand": (["thousand"], ["hook-idle", "hook-commit"]),
    "huge": (["huge"], ["huge-add"]),
    "million": (["million"], ["million-add", "million-status", "million-change"]),
}

#: Workloads whose rounds make many files.
MANY_FILES = {"w2", "thousand", "million"}


def install_peers(names):
    """Installs the peers that are missing: system packages by the bootstrap script, DVC into a folder of its own."""
    commands = {"borg": "borg", "restic": "restic", "git-lfs": "git-lfs", "zstd -3 -T2": "zstd"}
    if any(shutil.which(commands[name]) is None for name in names if name in commands):
        subprocess.run([ROOT / "Scripts" / "bootstrap", "--bench"], check=True, stdin=subprocess.DEVNULL)
    tools = {}
    if "dvc" in names:
        venv = CACHE / "venv"
        if not (venv / "bin" / "dvc").exists():
            print(f"installing {DVC_REQUIREMENT} into {venv.relative_to(ROOT)}", flush=True)
            subprocess.run([sys.executable, "-m", "venv", venv], check=True)
            subprocess.run([venv / "bin" / "pip", "install", "--quiet", "--disable-pip-version-check", DVC_REQUIREMENT],
                           check=True, stdin=subprocess.DEVNULL)
        tools["dvc"] = venv / "bin" / "dvc"
    return tools


def work_folder():
    """Beside the repository, so on the same disk; never inside it, where git would find the wrong repository."""
    parent = os.environ.get("TMPDIR") or ROOT.parent
    if not os.access(parent, os.W_OK):
        parent = None
    return pathlib.Path(tempfile.mkdtemp(prefix="vintage-bench-", dir=parent))


def machine(options):
    def output(*arguments):
        return subprocess.run(arguments, capture_output=True, text=True, check=False, cwd=ROOT).stdout.strip()

    processor = platform.processor() or platform.machine()
    if os.path.exists("/proc/cpuinfo"):
        with open("/proc/cpuinfo", encoding="utf-8") as lines:
            models = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
        processor = models[0] if models else processor
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    commit = output("git", "rev-parse", "--short=12", "HEAD") or "unknown"
    if output("git", "status", "--porcelain", "--untracked-files=no"):
        commit += " with changes"
    return {
        "date": datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%d %H:%M UTC"),
        "commit": commit,
        "processor": f"{processor}, {os.cpu_count()} cores",
        "memory": f"{memory / (1 << 30):.1f} GiB",
        "system": f"{platform.system()} {platform.release()}",
        "load before the run": f"{os.getloadavg()[0]:.2f}",
        "scale": f"{options.scale:g}",
    }


def describe(data):
    words = {
        "w1": "W1: one CSV file of events", "w3": "W3: W1 with 1% of rows inserted in the middle and 2% appended",
        "w2": "W2: files of 4-40 KB in folders of 100", "huge": "ten times W1 in one file",
        "million": "small files in one folder", "thousand": "small files, each an artifact",
    }
    lines = []
    for name, path in data.items():
        if path.is_dir():
            files = [entry for entry in path.rglob("*") if entry.is_file()]
            total = sum(entry.stat().st_size for entry in files)
            lines.append(f"{words[name]}: {len(files):,} files, {total:,} bytes")
        else:
            lines.append(f"{words[name]}: {path.stat().st_size:,} bytes")
    return lines


def parse():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--vintage", type=pathlib.Path, default=ROOT / ".build" / "release" / "vintage",
                        help="the command to measure (default: the release build)")
    parser.add_argument("--only", action="append", choices=list(report.CASES), metavar="CASE",
                        help="only this case; may be given again. One of: " + ", ".join(report.CASES))
    parser.add_argument("--peers", help="only these tools, comma-separated; of: " + ", ".join(EVERYONE))
    parser.add_argument("--runs", type=int, default=3, help="runs of each case (default 3)")
    parser.add_argument("--scale", type=float, default=1.0, help="size of the workloads (default 1)")
    parser.add_argument("--huge", action="store_true", help="also a file ten times W1")
    parser.add_argument("--million", action="store_true", help="also a folder of a million files")
    parser.add_argument("--output", type=pathlib.Path, help="write the page here")
    parser.add_argument("--keep-going", action="store_true", help="a tool that fails is left out, and named at the end")
    options = parser.parse_args()
    if options.runs < 1 or options.scale <= 0:
        parser.error("--runs must be at least 1 and --scale above 0")
    chosen = options.peers.split(",") if options.peers else EVERYONE
    for name in chosen:
        if name not in tools_of.PEERS:
            parser.error(f"no such tool: {name!r}; there are {', '.join(EVERYONE)}")
    if any(name.startswith("vintage") for name in chosen) and not os.access(options.vintage, os.X_OK):
        parser.error(f"there is no command at {options.vintage}; run `make build` or give --vintage PATH")
    options.chosen = chosen
    options.vintage = options.vintage.resolve()
    return options


def cases_of(options):
    if options.only:
        return options.only
    leave_out = set()
    if not options.huge:
        leave_out |= set(ROUNDS["huge"][1])
    if not options.million:
        leave_out |= set(ROUNDS["million"][1])
    return [case for case in report.CASES if case not in leave_out]


def measure_all(options, cases, tools, data, folder):
    """All rounds; returns results by case and tool, and what failed."""
    raw, failures = {}, []

    def record(case, name, measurement, **more):
        raw.setdefault(case, {}).setdefault(name, []).append({"seconds": measurement.seconds,
                                                              "processor": measurement.processor,
                                                              "memory": measurement.memory, **more})
        print(f"  {name:12} {case:15} {measurement.seconds:8.3f} s  "
              f"{measurement.processor:8.3f} s of processor  {measurement.memory >> 20:5} MiB"
              + "".join(f"  {key} {value:,}" for key, value in more.items()), flush=True)

    for workload, (_, answers) in ROUNDS.items():
        wanted = [case for case in cases if case in answers]
        names = [name for name in options.chosen if any(name in TAKING_PART[case] for case in wanted)]
        for run in range(options.runs if wanted else 0):
            print(f"{workload}, run {run + 1} of {options.runs}", flush=True)
            for name in names:
                # ext4 avoids the inodes of files deleted in the last minutes and looks at each of them to find another,
                # so that a tool would pay for the many files of the tool before it: these stay until the end.
                place = folder / (f"{workload} {run} {name}" if workload in MANY_FILES else "round")
                # Adding is a step to the other cases, so it is only reported where this tool takes part in it.
                asked = [case for case in wanted if name in TAKING_PART[case]]
                try:
                    getattr(Round(place, tools_of.PEERS[name], tools, data, record, asked), workload)()
                except (CommandFailed, Wrong) as error:
                    if not options.keep_going:
                        raise
                    failures.append(f"{name}, {workload}: {error}")
                finally:
                    if workload not in MANY_FILES:
                        shutil.rmtree(place, ignore_errors=True)
    results = {}
    for case, by_name in raw.items():
        for name, runs in by_name.items():
            entry = {"seconds": median([run["seconds"] for run in runs]), "runs": [run["seconds"] for run in runs],
                     "memory": max(run["memory"] for run in runs)}
            for field in ("processor", "stored", "growth"):
                if field in runs[0]:
                    entry[field] = median([run[field] for run in runs])
            results.setdefault(case, {})[name] = entry
    return results, failures


def feature_store(page):
    """The part of a page that is of `features.py`, which this benchmark leaves as it is."""
    heading = "\n## The feature store\n"
    text = page.read_text() if page.exists() else ""
    return heading + text.split(heading, 1)[1] if heading in text else ""


def publish(options, results, facts):
    """Writes the page where it belongs, or prints it."""
    page = report.render(results, facts)
    (CACHE / "results.json").write_text(json.dumps({"facts": facts, "results": results}, indent=1))
    whole = not (options.only or options.peers or options.scale != 1)
    output = options.output or (ROOT / "Docs" / "benchmarks.md" if whole else None)
    if output:
        output.write_text(page + feature_store(output))
        print(f"wrote {output}", flush=True)
    else:
        print(page, flush=True)


def main():
    options = parse()
    cases = cases_of(options)
    about = machine(options)
    needed = [name for names, answers in ROUNDS.values() if set(answers) & set(cases) for name in names]
    tools = {"vintage": options.vintage, **install_peers(options.chosen)}
    # In a process of its own: a child's peak memory starts from what its parent had.
    subprocess.run([sys.executable, ROOT / "Benchmarks" / "workloads.py", CACHE, "--scale", str(options.scale), *needed],
                   check=True)
    data = workloads.ensure(CACHE, needed, options.scale)
    about["load before the run"] = f"{os.getloadavg()[0]:.2f} (loaded by making workloads if they were new)"
    folder = work_folder()
    try:
        results, failures = measure_all(options, cases, tools, data, folder)
        facts = {
            "workloads": describe(data), "machine": about, "tools": tools_of.versions(tools),
            "runs": "that of one run" if options.runs == 1 else f"the median of {options.runs} runs",
            "notes": {name: tools_of.PEERS[name].note for name in options.chosen},
        }
        publish(options, results, facts)
    finally:
        # After the page: some systems take minutes to delete so many files.
        shutil.rmtree(folder, ignore_errors=True)
    for failure in failures:
        print(f"left out: {failure}", file=sys.stderr)
    return 3 if failures else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except (CommandFailed, Wrong) as error:
        print(f"compare.py: {error}", file=sys.stderr)
        sys.exit(3)
