"""Answers as S3 does, in this process, until standard input ends. Prints where, and who may ask, as a line of JSON."""

import json
import sys

import boto3
from moto.server import ThreadedMotoServer

server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
server.start()
host, port = server.get_host_and_port()
endpoint = f"http://{host}:{port}"
boto3.client(
    "s3", endpoint_url=endpoint, region_name="us-east-1", aws_access_key_id="moto", aws_secret_access_key="moto-secret",
).create_bucket(Bucket="flights")
print(json.dumps({"endpoint": endpoint, "access": "moto", "secret": "moto-secret"}), flush=True)
sys.stdin.read()
server.stop()
