"""Runs one command and says how long it took, how much memory it had at most, and what it printed."""

import dataclasses
import os
import pathlib
import signal
import statistics
import subprocess
import sys
import tempfile
import time


class CommandFailed(Exception):
    """A command of a peer, or of Vintage, ended with another exit status than zero."""


@dataclasses.dataclass
class Measurement:
    """One run of one command. Seconds of wall clock; bytes of peak resident memory of its largest process; seconds that
    the command and what it started kept a processor busy, which other work on the machine changes little."""

    seconds: float
    memory: int
    processor: float


def run(arguments, *, directory, environment, limit=3600):
    """Runs a command to its end. The measure includes starting the process, as a user would feel it."""
    with tempfile.TemporaryFile() as output:
        began = time.perf_counter()
        process = subprocess.Popen(
            [str(argument) for argument in arguments], cwd=directory, env=environment,
            stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT)
        old = signal.signal(signal.SIGALRM, lambda *_: process.kill())
        signal.alarm(limit)
        try:
            _, status, usage = os.wait4(process.pid, 0)
        finally:
            signal.alarm(0)
            signal.signal(signal.SIGALRM, old)
        seconds = time.perf_counter() - began
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode != 0:
            output.seek(0)
            text = output.read()[-2000:].decode(errors="replace")
            command = " ".join(str(argument) for argument in arguments)
            raise CommandFailed(f"exit {process.returncode} of `{command}`:\n{text}")
    unit = 1 if sys.platform == "darwin" else 1024
    return Measurement(seconds, usage.ru_maxrss * unit, usage.ru_utime + usage.ru_stime)


def settle():
    """Lets earlier writes reach the disk, so that a run does not pay for the one before it."""
    os.sync()


def warm(path):
    """Reads a file, or every file of a folder, so that each run finds it in the page cache."""
    path = pathlib.Path(path)
    files = [path] if path.is_file() else (entry for entry in path.rglob("*") if entry.is_file())
    buffer = bytearray(1 << 20)
    for file in files:
        with open(file, "rb", buffering=0) as source:
            while source.readinto(buffer):
                pass


def stored_bytes(paths):
    """Sum of the sizes of all files below the paths. Sizes, not disk blocks: peers use files of other sizes."""
    total = 0
    for path in paths:
        for folder, _, files in os.walk(path):
            total += sum(os.lstat(os.path.join(folder, file)).st_size for file in files)
    return total


def median(values):
    return statistics.median(values)
