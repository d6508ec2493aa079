"""Reads a bucket with boto3: prints the SHA-256 of each object below a prefix by its name, as JSON.

    objects.py ENDPOINT PREFIX
"""

import hashlib
import json
import sys

import boto3

client = boto3.client("s3", endpoint_url=sys.argv[1], region_name="us-east-1")
found = {}
for page in client.get_paginator("list_objects_v2").paginate(Bucket="flights", Prefix=sys.argv[2]):
    for item in page.get("Contents", []):
        body = client.get_object(Bucket="flights", Key=item["Key"])["Body"].read()
        found[item["Key"]] = hashlib.sha256(body).hexdigest()
print(json.dumps(found))
