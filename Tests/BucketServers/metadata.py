"""Answers as the addresses do that tell containers and machines of Amazon's who they are, until standard input ends.

Prints where. Keys change with each answer, and end to hold at once.
"""

import http.server
import json
import sys
import threading

TOKEN = "let-me-in"
asked = 0


class Handler(http.server.BaseHTTPRequestHandler):
    def log_message(self, *words):
        pass

    def answer(self, status, text=""):
        self.send_response(status)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text.encode())

    def keys(self, name):
        global asked
        asked += 1
        return json.dumps(
            {"AccessKeyId": f"{name}-{asked}", "SecretAccessKey": "secret", "Token": "token", "Expiration": "2013-05-24T00:00:00Z"})

    def do_PUT(self):
        is_right = self.path == "/latest/api/token" and self.headers["x-aws-ec2-metadata-token-ttl-seconds"]
        self.answer(200, TOKEN) if is_right else self.answer(400)

    def do_GET(self):
        if self.path == "/container":
            return self.answer(200, self.keys("container")) if self.headers["Authorization"] == TOKEN else self.answer(401)
        if self.headers["x-aws-ec2-metadata-token"] != TOKEN:
            return self.answer(401)
        roles = "/latest/meta-data/iam/security-credentials/"
        if self.path == roles:
            return self.answer(200, "trainer")
        self.answer(200, self.keys("machine")) if self.path == roles + "trainer" else self.answer(404)


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
threading.Thread(target=server.serve_forever, daemon=True).start()
print(f"http://127.0.0.1:{server.server_port}", flush=True)
sys.stdin.read()
