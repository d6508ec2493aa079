"""Stands in front of a server and spoils some of what goes through, by chance, until standard input ends.

    faults.py ENDPOINT SEED SHARE

Prints where it answers. Of the requests it spoils that share: it says to come again later, or that it failed, before or after
the server has done what was asked; breaks off before an answer or in its middle; answers late; flips a bit of an object.
"""

import http.client
import http.server
import random
import sys
import threading
import time
import urllib.parse

SERVER = urllib.parse.urlsplit(sys.argv[1])
CHANCE = random.Random(int(sys.argv[2]))
SHARE = float(sys.argv[3])
LOCK = threading.Lock()
FAULTS = ["later", "failed", "failed-after", "broken-before", "broken-after", "broken-within", "slow", "flipped"]


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *words):
        pass

    def refuse(self, status, code):
        body = f"<Error><Code>{code}</Code><Message>by chance</Message></Error>".encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def break_off(self):
        self.close_connection = True
        self.connection.close()

    def handle_request(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        with LOCK:
            fault = CHANCE.choice(FAULTS) if CHANCE.random() < SHARE else ""
            place = CHANCE.random()
        if fault == "later":
            return self.refuse(*CHANCE.choice([(503, "SlowDown"), (429, "TooManyRequests")]))
        if fault == "failed":
            return self.refuse(500, "InternalError")
        if fault == "broken-before":
            return self.break_off()
        server = http.client.HTTPConnection(SERVER.hostname, SERVER.port, timeout=60)
        server.putrequest(self.command, self.path, skip_host=True, skip_accept_encoding=True)
        for name, value in self.headers.items():
            if name.lower() != "connection":
                server.putheader(name, value)
        server.endheaders(body)
        answer = server.getresponse()
        content = bytearray(answer.read())
        server.close()
        if fault == "failed-after":
            return self.refuse(500, "InternalError")
        if fault == "broken-after":
            return self.break_off()
        if fault == "slow":
            time.sleep(0.05)
        if fault == "flipped" and self.command == "GET" and content and "list-type" not in self.path:
            content[int(place * len(content))] ^= 1 << int(place * 1e6) % 8
        self.send_response(answer.status)
        for name, value in answer.getheaders():
            if name.lower() not in ("connection", "transfer-encoding", "content-length", "server", "date"):
                self.send_header(name, value)
        length = answer.getheader("Content-Length") if self.command == "HEAD" else str(len(content))
        self.send_header("Content-Length", length or "0")
        self.end_headers()
        if self.command == "HEAD":
            return None
        if fault == "broken-within" and content:
            self.wfile.write(content[: int(place * len(content))])
            self.wfile.flush()
            return self.break_off()
        self.wfile.write(content)

    do_GET = do_PUT = do_HEAD = handle_request


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
server.daemon_threads = True
threading.Thread(target=server.serve_forever, daemon=True).start()
print(f"http://127.0.0.1:{server.server_port}", flush=True)
sys.stdin.read()
