"""The tools compared: how each makes a repository, adds, commits, checks out and says its status.

A peer works in a folder of its own. `work` holds the data, as a user's project would; `home` is its home folder, so
that its caches and configuration are as cold as the repository. Methods that return arguments are timed by the
caller; the others run untimed.
"""

import os
import pathlib
import shutil
import subprocess
import sys

from measure import run


def environment_for(home):
    """A clean environment: no configuration of the person who runs the benchmark."""
    return {
        "HOME": str(home), "PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", "TERM": "dumb",
        "TMPDIR": os.environ.get("TMPDIR", "/tmp"),
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_AUTHOR_NAME": "Bench", "GIT_AUTHOR_EMAIL": "bench@example.com",
        "GIT_COMMITTER_NAME": "Bench", "GIT_COMMITTER_EMAIL": "bench@example.com",
        "DVC_NO_ANALYTICS": "1", "BORG_UNKNOWN_UNENCRYPTED_REPO_ACCESS_IS_OK": "yes", "RESTIC_PASSWORD": "bench",
    }


class Peer:
    """Base of all. `folder` must not exist; it is made."""

    name = ""
    #: What the tool is used as, for the report.
    note = ""

    def __init__(self, folder, tools):
        self.folder = pathlib.Path(folder)
        self.tools = tools
        self.work = self.folder / "work"
        self.home = self.folder / "home"
        self.work.mkdir(parents=True)
        self.home.mkdir()
        self.environment = environment_for(self.home)
        (self.home / ".gitconfig").write_text(
            "[user]\n\tname = Bench\n\temail = bench@example.com\n[init]\n\tdefaultBranch = main\n"
            "[advice]\n\tdetachedHead = false\n"
            # Git would tidy up in the background after a commit of many files, while the next tool is measured.
            "[gc]\n\tauto = 0\n[maintenance]\n\tauto = false\n")

    def call(self, *arguments, directory=None):
        return run(arguments, directory=directory or self.work, environment=self.environment)

    def start(self):
        """Makes the empty repository."""

    def add(self, name):
        """Arguments that store `work/name` as it is now."""
        raise NotImplementedError

    def commit(self, name):
        """Ends the user's step after `add`, where the tool has such an end."""

    def checkout(self, name):
        """Arguments that bring `work/name` back after it was deleted."""
        raise NotImplementedError

    def status(self, name):
        """Arguments that say whether `work/name` changed; None where the tool has no such command."""
        return None

    def store(self):
        """Folders whose files' sizes count as stored bytes."""
        raise NotImplementedError

    def remove_data(self, name):
        # A folder is moved away: see `Round`'s places in compare.py for why many files are not deleted.
        path = self.work / name
        path.rename(self.folder / f"removed {name}") if path.is_dir() else path.unlink()


class Vintage(Peer):
    name = "vintage"
    note = "`vintage add`, `checkout`, `status`, `ci`; hooks that `vintage hooks install` installed"

    def start(self):
        self.call("git", "init", "-q", ".")
        self.call(self.tools["vintage"], "init")

    def add(self, name):
        return [self.tools["vintage"], "add", name]

    def commit(self, name):
        self.call(self.tools["vintage"], "commit", "-m", "Data")

    def checkout(self, name):
        return [self.tools["vintage"], "checkout"]

    def status(self, name):
        return [self.tools["vintage"], "status"]

    def ci(self):
        return [self.tools["vintage"], "ci"]

    def install_hooks(self):
        self.call(self.tools["vintage"], "hooks", "install")
        self.environment["VINTAGE_BINARY"] = str(self.tools["vintage"])

    def hook(self, name, *arguments):
        """Arguments that run an installed hook as git does."""
        return [self.work / ".git" / "hooks" / name, *arguments]

    def idle_hooks(self):
        """The hooks that bring data along or write a message, where there is nothing to do."""
        head = (self.work / ".git" / "refs" / "heads" / "main").read_text().strip()
        message = self.work / ".git" / "COMMIT_EDITMSG"
        message.write_text("Code\n")
        return [self.hook("post-checkout", head, head, "1"), self.hook("post-merge", "0"),
                self.hook("post-rewrite", "rebase"), self.hook("prepare-commit-msg", message, "message")]

    def store(self):
        return [self.work / ".vintage"]


class Git(Peer):
    name = "git"
    note = "`git add`, `checkout`, `status`"

    def start(self):
        self.call("git", "init", "-q", ".")

    def add(self, name):
        return ["git", "add", name]

    def commit(self, name):
        self.call("git", "commit", "-q", "-m", "Data")

    def checkout(self, name):
        return ["git", "checkout", "-q", "--", name]

    def status(self, name):
        return ["git", "status", "--short"]

    def store(self):
        return [self.work / ".git"]


class VintageFilter(Git):
    """The same store behind plain git commands."""

    name = "vintage filter"
    note = "`git add`, `checkout`, `status` with all data tracked by `vintage track`"

    def start(self):
        super().start()
        self.call(self.tools["vintage"], "init")
        self.call("git", "config", "filter.vintage.process", f"'{self.tools['vintage']}' filter-process")
        self.call(self.tools["vintage"], "track", "*.csv", "w2/**")
        self.call("git", "add", ".gitattributes")

    def store(self):
        return [self.work / ".vintage", self.work / ".git"]


class GitLFS(Git):
    name = "git-lfs"
    note = "`git add`, `checkout`, `status` with all data tracked"

    def start(self):
        super().start()
        self.call("git", "lfs", "install", "--local")
        (self.work / ".gitattributes").write_text(
            "*.csv filter=lfs diff=lfs merge=lfs -text\nw2/** filter=lfs diff=lfs merge=lfs -text\n")
        self.call("git", "add", ".gitattributes")


class IdleFilter(Git):
    """Git with a filter that does no work: a floor, no tool."""

    name = "idle filter"
    note = "`git add`, `checkout` with a filter that hands plain files over: what git itself takes"

    def start(self):
        super().start()
        script = pathlib.Path(__file__).resolve().parent / "idle_filter.py"
        self.call("git", "config", "filter.idle.process", f"'{sys.executable}' '{script}' '{self.folder}'")
        (self.work / ".gitattributes").write_text("*.csv filter=idle -text\nw2/** filter=idle -text\n")
        self.call("git", "add", ".gitattributes")

    def remove_data(self, name):
        (self.work / name).rename(self.folder / f"removed {name}")


class DVC(Peer):
    name = "dvc"
    note = "`dvc add`, `checkout`, `status`, its default cache and link type"

    def start(self):
        self.call("git", "init", "-q", ".")
        self.call(self.tools["dvc"], "init", "-q")

    def add(self, name):
        return [self.tools["dvc"], "add", "-q", name]

    def commit(self, name):
        self.call("git", "add", ".")
        self.call("git", "commit", "-q", "-m", "Data")

    def checkout(self, name):
        return [self.tools["dvc"], "checkout", "-q"]

    def status(self, name):
        return [self.tools["dvc"], "status", "-q"]

    def store(self):
        return [self.work / ".dvc" / "cache"]


class Restic(Peer):
    name = "restic"
    note = "`restic backup`, `restore`, its default compression"

    def start(self):
        self.call("restic", "-q", "-r", self.folder / "repo", "init")

    def add(self, name):
        return ["restic", "-q", "-r", self.folder / "repo", "backup", name]

    def checkout(self, name):
        return ["restic", "-q", "-r", self.folder / "repo", "restore", "latest", "--target", "."]

    def store(self):
        return [self.folder / "repo"]


class Borg(Peer):
    name = "borg"
    note = "`borg create -C zstd,3`, `extract`, no encryption"

    def __init__(self, folder, tools):
        super().__init__(folder, tools)
        self.archives = 0

    def start(self):
        self.call("borg", "init", "-e", "none", self.folder / "repo")

    def add(self, name):
        self.archives += 1
        return ["borg", "create", "-C", "zstd,3", f"{self.folder / 'repo'}::{self.archives}", name]

    def checkout(self, name):
        return ["borg", "extract", f"{self.folder / 'repo'}::{self.archives}"]

    def store(self):
        return [self.folder / "repo"]


class Zstd(Peer):
    """A floor: what one compressor does with the file, on two threads."""

    name = "zstd -3 -T2"
    note = "one compressed file; no checksum of a chunk, no history"

    def add(self, name):
        return ["zstd", "-q", "-3", "-T2", "-f", name, "-o", self.folder / "repo" / "one.zst"]

    def start(self):
        (self.folder / "repo").mkdir()

    def checkout(self, name):
        return ["zstd", "-q", "-d", "-f", self.folder / "repo" / "one.zst", "-o", name]

    def store(self):
        return [self.folder / "repo"]


class Copy(Peer):
    """A floor: what the file system does with the bytes."""

    name = "cp -r"
    note = "plain copy, no checksum, no history"

    def start(self):
        (self.folder / "repo").mkdir()

    def add(self, name):
        return ["cp", "-r", name, self.folder / "repo" / name]

    def checkout(self, name):
        return ["cp", "-r", self.folder / "repo" / name, name]

    def store(self):
        return [self.folder / "repo"]


PEERS = {
    peer.name: peer
    for peer in (Vintage, VintageFilter, DVC, GitLFS, IdleFilter, Restic, Borg, Git, Zstd, Copy)
}


def versions(tools):
    """What each tool says of itself, in one line, by name."""
    def first_line(*arguments):
        output = subprocess.run(
            [str(argument) for argument in arguments], capture_output=True, text=True, check=False,
            stdin=subprocess.DEVNULL)
        return (output.stdout or output.stderr).strip().splitlines()[0] if output.stdout or output.stderr else "unknown"

    answers = {
        "git": first_line("git", "--version"), "git-lfs": first_line("git", "lfs", "version"),
        "restic": first_line("restic", "version"), "borg": first_line("borg", "--version"),
        "zstd": first_line("zstd", "--version"), "cp": first_line("cp", "--version"),
    }
    if "dvc" in tools:
        answers["dvc"] = "dvc " + first_line(tools["dvc"], "--version")
    return answers
