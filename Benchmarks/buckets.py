#!/usr/bin/env python3
"""A bucket as a remote: `vintage push` and `pull` against DVC's with S3, over the same files and the same server.

    python3 Benchmarks/buckets.py --vintage .build/release/vintage --install [--files 2000] [--rounds 3] [--delay 50]

The server is moto, started here; each project and each round has a prefix of its own. Measured are whole commands over `--files` small
files: the first push; a push after one file in a hundred has changed; a pull into a clone that has nothing, which checks the files out. Both
sides have added the files before. With `--delay` each request waits so many milliseconds on its way, in a proxy that stands before the server
for both. The two take turns, and medians are printed. DVC and moto are taken from PyPI into .cache/bench/buckets; a folder that
has them is named by `--peers`.
"""

import argparse
import http.client
import http.server
import os
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time

SERVER = """
import sys
from moto.server import ThreadedMotoServer
server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
server.start()
print("{}:{}".format(*server.get_host_and_port()), flush=True)
sys.stdin.read()
"""
KEYS = {
    "AWS_ACCESS_KEY_ID": "key", "AWS_SECRET_ACCESS_KEY": "secret", "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_EC2_METADATA_DISABLED": "true", "GIT_CONFIG_GLOBAL": "/dev/null", "DVC_NO_ANALYTICS": "1",
}
for role in ("AUTHOR", "COMMITTER"):
    KEYS |= {f"GIT_{role}_NAME": "Ada", f"GIT_{role}_EMAIL": "ada@example.com"}


def slow_proxy(server, delay):
    """Stands before a server, and lets each request wait."""

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *words):
            pass

        def forward(self):
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            time.sleep(delay / 1000)
            connection = http.client.HTTPConnection(server)
            connection.putrequest(self.command, self.path, skip_host=True, skip_accept_encoding=True)
            for name, value in self.headers.items():
                connection.putheader(name, value)
            connection.endheaders(body)
            answer = connection.getresponse()
            content = answer.read()
            self.send_response(answer.status)
            for name, value in answer.getheaders():
                if name.lower() not in ("connection", "transfer-encoding", "content-length"):
                    self.send_header(name, value)
            length = answer.getheader("Content-Length") if self.command == "HEAD" else str(len(content))
            self.send_header("Content-Length", length or "0")
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(content)
            connection.close()

        do_GET = do_PUT = do_HEAD = do_POST = do_DELETE = forward

    class Server(http.server.ThreadingHTTPServer):
        daemon_threads = True
        request_queue_size = 256

    proxy = Server(("127.0.0.1", 0), Handler)
    threading.Thread(target=proxy.serve_forever, daemon=True).start()
    return f"127.0.0.1:{proxy.server_port}"


def write(folder, files, chance, share=1.0):
    for number in range(files):
        if chance.random() >= share:
            continue
        path = f"{folder}/data/{number % 50}/{number}.csv"
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w") as file:
            file.write("a,b,c\n" + "".join(f"{chance.random()},{row},{number}\n" for row in range(150)))


class Project:
    """Runs one side's commands in a folder."""

    def __init__(self, folder, environment):
        self.folder, self.environment = folder, environment
        os.makedirs(folder)

    def run(self, *words, folder=None):
        start = time.perf_counter()
        done = subprocess.run(words, cwd=folder or self.folder, env=self.environment, capture_output=True, text=True)
        if done.returncode != 0:
            sys.exit(f"{' '.join(words)}: {done.stdout}{done.stderr}")
        return time.perf_counter() - start

    def begin(self):
        self.run("git", "init", "-q", "-b", "main")


class Vintage(Project):
    def __init__(self, folder, environment, program, url):
        super().__init__(folder, environment)
        self.program, self.url = program, url

    def add(self):
        if not os.path.exists(f"{self.folder}/vintage.yaml"):
            self.begin()
            self.run(self.program, "init")
            self.run(self.program, "remote", "add", "cloud", self.url)
            self.run("git", "add", "vintage.yaml")
        self.run(self.program, "add", "data")
        self.run(self.program, "commit", "-m", "Data")

    def push(self):
        return self.run(self.program, "push")

    def pull(self):
        clone = self.folder + "-clone"
        self.run("git", "clone", "-q", self.folder, clone)
        self.run(self.program, "init", folder=clone)
        return self.run(self.program, "pull", folder=clone)


class DVC(Project):
    def __init__(self, folder, environment, program, url, endpoint):
        super().__init__(folder, environment)
        self.program, self.url, self.endpoint = program, url, endpoint

    def add(self):
        if not os.path.exists(f"{self.folder}/.dvc"):
            self.begin()
            self.run(self.program, "init", "-q")
            self.run(self.program, "remote", "add", "-q", "-d", "cloud", self.url)
            self.run(self.program, "remote", "modify", "-q", "cloud", "endpointurl", self.endpoint)
        self.run(self.program, "add", "-q", "data")
        self.run("git", "add", ".")
        self.run("git", "commit", "-q", "-m", "Data")

    def push(self):
        return self.run(self.program, "push", "-q")

    def pull(self):
        clone = self.folder + "-clone"
        self.run("git", "clone", "-q", self.folder, clone)
        return self.run(self.program, "pull", "-q", folder=clone)


def measure(project, folder, files, seed):
    chance = random.Random(seed)
    write(project.folder, files, chance)
    project.add()
    times = {"first push": project.push()}
    write(project.folder, files, chance, share=0.01)
    project.add()
    times["push of 1% changed"] = project.push()
    times["pull"] = project.pull()
    written = subprocess.run(
        ["diff", "-r", f"{project.folder}/data", f"{project.folder}-clone/data"], capture_output=True, text=True)
    if written.returncode != 0:
        sys.exit(f"the clone has other files: {written.stdout[:1000]}")
    shutil.rmtree(project.folder)
    shutil.rmtree(project.folder + "-clone")
    return times


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--vintage", required=True)
    parser.add_argument("--files", type=int, default=2000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--delay", type=float, default=0)
    parser.add_argument("--peers", default=".cache/bench/buckets")
    parser.add_argument("--install", action="store_true")
    options = parser.parse_args()
    peers = os.path.abspath(options.peers)
    # Apart, since they need what cannot stand side by side.
    for name, packages in [("dvc", ["dvc[s3]"]), ("moto", ["moto[s3]", "flask", "flask-cors"])]:
        if options.install and not os.path.exists(f"{peers}/{name}"):
            subprocess.run([sys.executable, "-m", "venv", f"{peers}/{name}"], check=True)
            subprocess.run([f"{peers}/{name}/bin/pip", "install", "-q", *packages], check=True)
    server = subprocess.Popen(
        [f"{peers}/moto/bin/python", "-c", SERVER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        text=True)
    direct = server.stdout.readline().strip()
    connection = http.client.HTTPConnection(direct)
    connection.request("PUT", "/flights")
    if connection.getresponse().status != 200:
        sys.exit("the server makes no bucket")
    endpoint = "http://" + (slow_proxy(direct, options.delay) if options.delay else direct)
    environment = os.environ | KEYS
    program = os.path.abspath(options.vintage)
    environment["PATH"] = f"{os.path.dirname(program)}:{environment['PATH']}"
    found = {"Vintage": [], "DVC": []}
    with tempfile.TemporaryDirectory() as folder:
        for number in range(options.rounds):
            ours = Vintage(
                f"{folder}/vintage{number}", environment, program, f"s3://flights/v{number}?endpoint={endpoint}")
            theirs = DVC(f"{folder}/dvc{number}", environment, f"{peers}/dvc/bin/dvc", f"s3://flights/d{number}", endpoint)
            for name, project in [("Vintage", ours), ("DVC", theirs)]:
                found[name].append(measure(project, folder, options.files, number))
    server.stdin.close()
    server.wait()
    version = subprocess.run([f"{peers}/dvc/bin/dvc", "--version"], capture_output=True, text=True).stdout.strip()
    print(f"{options.files} files, {options.delay:g} ms a request, {options.rounds} rounds, DVC {version}\n")
    print("| command | Vintage, s | DVC, s | ratio |\n| --- | --- | --- | --- |")
    for command in found["Vintage"][0]:
        ours, theirs = (statistics.median(times[command] for times in found[name]) for name in ("Vintage", "DVC"))
        print(f"| {command} | {ours:.2f} | {theirs:.2f} | {ours / theirs:.3f} |")


if __name__ == "__main__":
    main()
