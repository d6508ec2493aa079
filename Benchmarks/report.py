"""Turns results into the tables of Docs/benchmarks.md, and holds them against what the project wants to reach."""

import dataclasses

MIB = 1 << 20

#: Title and explanation of each case, in the order of the report.
CASES = {
    "w1-add": ("Add W1", "one CSV file of events, into an empty repository"),
    "w3-add": ("Add W3 after W1", "the same file with 1% of its rows inserted in the middle and 2% appended"),
    "w1-checkout": ("Check out W1", "the file was deleted"),
    "w2-add": ("Add W2", "20,000 files of 4-40 KB in 200 folders, into an empty repository"),
    "w2-checkout": ("Check out W2", "the folder was deleted"),
    "w2-status": ("Status of W2", "nothing changed, second call"),
    "w2-ci": ("Check W2", "`vintage ci` on the committed folder, nothing to find, second call"),
    "hook-idle": ("A hook with nothing to do", "the slowest of those that bring data along or write a message, in a "
                  "workspace of 1,000 artifacts"),
    "hook-commit": ("The commit hook", "`pre-commit` in a workspace of 1,000 artifacts, nothing to find"),
    "huge-add": ("Add ten times W1", "one file, no part repeating another"),
    "million-add": ("Add a million files", "small files in one folder, into an empty repository"),
    "million-status": ("Status of the million", "nothing changed, second call"),
    "million-change": ("Add one changed file of the million", "growth is what the repository wrote"),
}


@dataclasses.dataclass
class Target:
    """One line of the list of what to reach: measured / reference must not exceed the limit."""

    text: str
    measured: tuple  # (case, peer, field)
    reference: tuple | float  # another such tuple, or a number
    limit: float


TARGETS = [
    Target("add W1: time against `zstd -3 -T2`", ("w1-add", "vintage", "seconds"),
           ("w1-add", "zstd -3 -T2", "seconds"), 1.0),
    Target("add W1: time against borg", ("w1-add", "vintage", "seconds"), ("w1-add", "borg", "seconds"), 0.5),
    Target("add W1: stored bytes against borg", ("w1-add", "vintage", "stored"), ("w1-add", "borg", "stored"), 1.03),
    Target("add W3 after W1: time against borg", ("w3-add", "vintage", "seconds"),
           ("w3-add", "borg", "seconds"), 0.5),
    Target("add W3 after W1: growth against borg", ("w3-add", "vintage", "growth"),
           ("w3-add", "borg", "growth"), 1.0),
    Target("add W2: time against borg", ("w2-add", "vintage", "seconds"), ("w2-add", "borg", "seconds"), 0.5),
    Target("check out W2: time against `cp -r`", ("w2-checkout", "vintage", "seconds"),
           ("w2-checkout", "cp -r", "seconds"), 1.2),
    Target("check out W1: time against `cp`", ("w1-checkout", "vintage", "seconds"),
           ("w1-checkout", "cp -r", "seconds"), 1.5),
    Target("status of W2: time against `git status`", ("w2-status", "vintage", "seconds"),
           ("w2-status", "git", "seconds"), 2.0),
    Target("`vintage ci` on W2", ("w2-ci", "vintage", "seconds"), 1.0, 1.0),
    Target("a hook with nothing to do", ("hook-idle", "vintage", "seconds"), 0.050, 1.0),
    Target("the commit hook on 1,000 artifacts", ("hook-commit", "vintage", "seconds"), 0.100, 1.0),
    Target("`git add` W1 through the filter: time against git-lfs", ("w1-add", "vintage filter", "seconds"),
           ("w1-add", "git-lfs", "seconds"), 0.5),
    Target("`git add` W2 through the filter: time against git-lfs", ("w2-add", "vintage filter", "seconds"),
           ("w2-add", "git-lfs", "seconds"), 0.5),
    Target("`git checkout` W1 through the filter: time against git-lfs", ("w1-checkout", "vintage filter", "seconds"),
           ("w1-checkout", "git-lfs", "seconds"), 0.7),
    Target("`git checkout` W2 through the filter: time against git-lfs", ("w2-checkout", "vintage filter", "seconds"),
           ("w2-checkout", "git-lfs", "seconds"), 0.7),
    Target("`git status` of W2 tracked: time against plain git", ("w2-status", "vintage filter", "seconds"),
           ("w2-status", "git", "seconds"), 1.0),
]

MEMORY_LIMIT = 256 * MIB
#: The part by which two runs of the same command differ in peak memory.
MEMORY_NOISE = 1.05


def look_up(results, key):
    case, peer, field = key
    return results.get(case, {}).get(peer, {}).get(field)


def seconds(value):
    if value is None:
        return "–"
    return f"{value * 1000:.1f} ms" if value < 0.1 else f"{value:.2f} s"


def size(value):
    if value is None:
        return "–"
    if value < 100_000:
        return f"{value / 1000:.1f} kB"
    return f"{value / 1e6:.1f} MB" if value < 1e8 else f"{value / 1e6:.0f} MB"


def reach(results):
    """Rows of (text, target, measured, verdict) for every target whose numbers this run has."""
    rows = []
    for target in TARGETS:
        value = look_up(results, target.measured)
        is_fixed = isinstance(target.reference, float)
        base = target.reference if is_fixed else look_up(results, target.reference)
        if value is None or not base:
            continue
        ratio = value / base
        show = seconds if target.measured[2] == "seconds" else size
        if is_fixed:
            rows.append((target.text, f"≤ {show(base * target.limit)}", show(value), ratio <= target.limit))
            continue
        rows.append((target.text, f"≤ {target.limit:g} ×", f"{ratio:.2f} × ({show(value)} / {show(base)})",
                     ratio <= target.limit))
    peaks = {case: peers["vintage"]["memory"] for case, peers in results.items() if "vintage" in peers}
    if peaks:
        worst = max(peaks, key=peaks.get)
        rows.append(("peak memory of every case", "≤ 256 MiB",
                     f"{peaks[worst] / MIB:.0f} MiB ({CASES[worst][0].lower()})", peaks[worst] <= MEMORY_LIMIT))
    if "huge-add" in peaks and "w1-add" in peaks:
        ratio = peaks["huge-add"] / peaks["w1-add"]
        rows.append(("peak memory of ten times W1 against W1", f"≤ 1 × (noise {MEMORY_NOISE - 1:.0%})",
                     f"{ratio:.2f} × ({peaks['huge-add'] / MIB:.0f} MiB / {peaks['w1-add'] / MIB:.0f} MiB)",
                     ratio <= MEMORY_NOISE))
    return rows


#: What a target can be held against: (text, measured, reference).
FLOORS = [
    ("`zstd -d`, which decompresses and checks nothing, takes {} `cp`'s time to give W1 back",
     ("w1-checkout", "zstd -3 -T2", "seconds"), ("w1-checkout", "cp -r", "seconds")),
    ("git with a filter that does no work takes {} git-lfs's time to check out W1",
     ("w1-checkout", "idle filter", "seconds"), ("w1-checkout", "git-lfs", "seconds")),
    ("and {} its time to check out W2",
     ("w2-checkout", "idle filter", "seconds"), ("w2-checkout", "git-lfs", "seconds")),
    ("it takes {} git-lfs's time to add W1",
     ("w1-add", "idle filter", "seconds"), ("w1-add", "git-lfs", "seconds")),
    ("and {} its time to add W2",
     ("w2-add", "idle filter", "seconds"), ("w2-add", "git-lfs", "seconds")),
]


def floors(results):
    """Sentences on what cannot be undercut, from the same run."""
    said = []
    for text, measured, reference in FLOORS:
        value, base = look_up(results, measured), look_up(results, reference)
        if value and base:
            said.append(text.format(f"{value / base:.2f} ×"))
    return said


def case_table(case, peers):
    title, explanation = CASES[case]
    has_growth = any("growth" in values for values in peers.values())
    has_stored = any("stored" in values for values in peers.values())
    columns = ["", "time", "runs", "peak memory"]
    if has_stored:
        columns.append("stored")
    if has_growth:
        columns.append("growth")
    lines = [f"### {title}", "", f"{explanation[0].upper()}{explanation[1:]}.", "",
             "| " + " | ".join(columns) + " |", "|" + " --- |" + " ---: |" * (len(columns) - 1)]
    for name, values in sorted(peers.items(), key=lambda item: item[1]["seconds"]):
        cells = [f"**{name}**" if name == "vintage" else name, seconds(values["seconds"]),
                 ", ".join(seconds(value) for value in values["runs"]), f"{values['memory'] / MIB:.0f} MiB"]
        if has_stored:
            cells.append(size(values.get("stored")))
        if has_growth:
            cells.append(size(values.get("growth")))
        lines.append("| " + " | ".join(cells) + " |")
    return lines + [""]


def render(results, facts):
    """The whole page. `facts` describes the run: machine, versions, options."""
    lines = [
        "# Benchmarks", "",
        "Written by `make bench`; do not edit. Every number comes from one run on one machine. Workloads are made from",
        "fixed seeds by `Benchmarks/workloads.py`:", "",
        *[f"- {line}" for line in facts["workloads"]], "",
        f"Each time is {facts['runs']}. Each run starts from a new repository and an empty home folder, after a `sync`;",
        "the source data is in the page cache. Rounds go through all tools in turn, so that a slow moment of the machine",
        "meets all. Peak memory is that of the largest process of the command, as the system counts it; nothing under",
        "about 20 MiB can be seen, which is what the process that starts it has. Stored bytes are the sizes of the files",
        "of the repository. After each checkout the bytes were compared with the source.", "",
    ]
    rows = reach(results)
    if rows:
        lines += ["## What we want to reach", "",
                  "| | target | measured | |", "| --- | ---: | ---: | --- |"]
        lines += [f"| {text} | {target} | {measured} | {'met' if met else '**not met**'} |"
                  for text, target, measured, met in rows]
        lines += ["", f"{sum(row[3] for row in rows)} of {len(rows)} met.", ""]
        if said := floors(results):
            lines += ["For comparison, in the same run: " + "; ".join(said) + ".", ""]
    lines += ["## Results", ""]
    for case in CASES:
        if results.get(case):
            lines += case_table(case, results[case])
    lines += ["## The run", ""]
    lines += [f"- {name}: {value}" for name, value in facts["machine"].items()]
    lines += ["", "Tools:", ""]
    lines += [f"- {name}: {value}" for name, value in facts["tools"].items()]
    lines += ["", "How each was used:", ""]
    lines += [f"- {name}: {value}" for name, value in facts["notes"].items()]
    return "\n".join(lines) + "\n"
