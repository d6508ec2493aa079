"""Ceph's object gateway with what it stands on, all in one folder, in memory and on loopback, until standard input ends.

    ceph_server.py FOLDER

Prints where it answers, and who may ask, as a line of JSON. On Debian it is in ceph-mon, ceph-mgr, ceph-osd, radosgw and
ceph-common.
"""

import json
import os
import secrets
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
import uuid

import boto3

ACCESS, SECRET = "vintage-access", secrets.token_hex(20)
SETTINGS = """[global]
fsid = {fsid}
mon host = [v1:127.0.0.1:{monitor}]
mon initial members = a
public addr = 127.0.0.1
auth cluster required = none
auth service required = none
auth client required = none
keyring = {folder}/keyring
admin socket = {folder}/$name.asok
log file = {folder}/$name.log
run dir = {folder}
osd pool default size = 1
osd pool default min size = 1
osd pool default pg num = 4
mon allow pool size one = true
mon max pg per osd = 1000
osd crush chooseleaf type = 0
[mon.a]
mon data = {folder}/mon
mon data avail crit = 0
mon data avail warn = 0
[mgr.a]
mgr data = {folder}/mgr
[osd.0]
osd data = {folder}/osd
osd objectstore = memstore
memstore device bytes = 2147483648
osd class load list = *
osd class default list = *
[client.rgw]
rgw data = {folder}/rgw
rgw frontends = beast endpoint=127.0.0.1:{gateway}
"""


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


class Cluster:
    def __init__(self, folder):
        self.folder, self.children = folder, []
        self.settings = f"{folder}/ceph.conf"
        self.gateway = free_port()
        for name in ("mon", "mgr", "osd", "rgw"):
            os.makedirs(f"{folder}/{name}")

    def run(self, *words):
        done = subprocess.run([words[0], "-c", self.settings, *words[1:]], capture_output=True, text=True, timeout=120)
        if done.returncode != 0:
            raise RuntimeError(f"{' '.join(words)}: {done.stderr or done.stdout}")

    def begin(self, *words):
        log = open(f"{self.folder}/{words[0]}.out", "wb")
        child = subprocess.Popen([words[0], "-c", self.settings, "-f", *words[1:]], stdout=log, stderr=log)
        self.children.append(child)

    def start(self):
        fsid, monitor = str(uuid.uuid4()), free_port()
        with open(self.settings, "w") as file:
            file.write(SETTINGS.format(fsid=fsid, monitor=monitor, gateway=self.gateway, folder=self.folder))
        keyring, monitors = f"{self.folder}/keyring", f"{self.folder}/monitors"
        all_allowed = ["--cap", "mon", "allow *", "--cap", "osd", "allow *", "--cap", "mgr", "allow *"]
        for name, more in (("mon.", ["--create-keyring"]), ("client.admin", [])):
            subprocess.run(
                ["ceph-authtool", keyring, *more, "--gen-key", "-n", name, *all_allowed], check=True, capture_output=True)
        subprocess.run(
            ["monmaptool", "--create", "--clobber", "--fsid", fsid, "--addv", "a", f"[v1:127.0.0.1:{monitor}]", monitors],
            check=True, capture_output=True)
        self.run("ceph-mon", "-i", "a", "--mkfs", "--monmap", monitors, "--keyring", keyring)
        self.begin("ceph-mon", "-i", "a")
        self.begin("ceph-mgr", "-i", "a")
        disk = str(uuid.uuid4())
        self.run("ceph", "osd", "new", disk)
        self.run("ceph-osd", "-i", "0", "--mkfs", "--osd-uuid", disk)
        self.begin("ceph-osd", "-i", "0")
        self.run(
            "radosgw-admin", "user", "create", "--uid=vintage", "--display-name=vintage", f"--access-key={ACCESS}",
            f"--secret-key={SECRET}")
        self.begin("radosgw", "-n", "client.rgw")
        return self.wait(f"http://127.0.0.1:{self.gateway}")

    def wait(self, endpoint):
        for _ in range(600):
            try:
                urllib.request.urlopen(endpoint, timeout=5).read()
                return endpoint
            except urllib.error.HTTPError:
                return endpoint
            except OSError:
                time.sleep(0.1)
        raise RuntimeError(f"the gateway does not answer; {self.folder} has its logs")

    def stop(self):
        for child in reversed(self.children):
            child.kill()
            child.wait()


def main(folder):
    cluster = Cluster(folder)
    try:
        endpoint = cluster.start()
        boto3.client(
            "s3", endpoint_url=endpoint, region_name="us-east-1", aws_access_key_id=ACCESS, aws_secret_access_key=SECRET,
        ).create_bucket(Bucket="flights")
        print(json.dumps({"endpoint": endpoint, "access": ACCESS, "secret": SECRET}), flush=True)
        sys.stdin.read()
    finally:
        cluster.stop()


main(sys.argv[1])
