"""Plays the runtime interface of AWS Lambda for one process after another and takes the time from the start of each to its
first answer. Prints the median in milliseconds and the memory of an instance that waits, in MB.

usage: cold_start.py BINARY TOKEN RUNS
"""

import http.server
import json
import os
import statistics
import subprocess
import sys
import threading
import time

EVENT = {"code": "sample_raw_topic", "data": {"propa": "cold", "propb": "north", "propc": 1}}


class Interface(http.server.BaseHTTPRequestHandler):
    """One invocation is handed over; the next request for one waits until the process ends."""

    protocol_version = "HTTP/1.1"
    token = ""
    answered = None
    handed_over = False
    answers = []

    def do_GET(self):
        if self.path.endswith("/invocation/next") and not Interface.handed_over:
            Interface.handed_over = True
            deadline = int((time.time() + 60) * 1000)
            body = json.dumps(EVENT | {"pat": Interface.token}).encode()
            self.reply(200, body, {"Lambda-Runtime-Aws-Request-Id": "cold", "Lambda-Runtime-Deadline-Ms": str(deadline)})
        else:
            time.sleep(3600)

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        if self.path.endswith("/register"):
            self.reply(200, b"{}", {"Lambda-Extension-Identifier": "cold"})
            return
        Interface.answers.append((time.perf_counter(), self.path, body))
        Interface.answered.set()
        self.reply(202, b"", {})

    def reply(self, status, body, headers):
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


def memory_mb(pid):
    """The resident memory of a process."""
    with open(f"/proc/{pid}/status", encoding="ascii") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmRSS:")) / 1024


def start(binary, port):
    """Starts a process; gives milliseconds to its first answer and its memory half a second after it."""
    Interface.answered, Interface.handed_over, Interface.answers = threading.Event(), False, []
    environment = os.environ | {"AWS_LAMBDA_RUNTIME_API": f"127.0.0.1:{port}", "NIGHTOWL_LOG": "warn"}
    began = time.perf_counter()
    process = subprocess.Popen([binary], env=environment, stdout=subprocess.DEVNULL)
    if not Interface.answered.wait(60):
        sys.exit("there was no answer")
    answered_at, path, body = Interface.answers[0]
    if not path.endswith("/response") or json.loads(body).get("succeeded") != 1:
        sys.exit(f"the invocation failed: {path} {body.decode()}")
    time.sleep(0.5)
    memory = memory_mb(process.pid)
    process.terminate()
    process.wait()
    return (answered_at - began) * 1000, memory


def main():
    binary, Interface.token, runs = sys.argv[1], sys.argv[2], int(sys.argv[3])
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Interface)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    measured = [start(binary, server.server_address[1]) for _ in range(runs)]
    print(f"{statistics.median(time for time, _ in measured):.1f} {max(memory for _, memory in measured):.1f}")


main()
