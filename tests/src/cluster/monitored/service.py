"""A service of a shop: `service NAME PORT`. `service hang`, in its pod, makes it one that answers nobody well."""

import http.server
import json
import os
import sys
import threading
import time
import urllib.request

HANGS = "/state/hangs"
OTHERS = {"api-gateway": 7101, "auth": 7102, "blog": 7103}


class Answers(http.server.BaseHTTPRequestHandler):
    requests = 0

    def do_GET(self):
        Answers.requests += 1
        if self.path == "/health":
            hangs = os.path.exists(HANGS)
            self.tell(503 if hangs else 200, {"status": "hangs" if hangs else "ok"})
        elif self.path == "/stats" and NAME == "load-balancer":
            told = {name: {"online": well(name, port)} for name, port in OTHERS.items()}
            self.tell(200, told | {NAME: {"online": True, "requests": Answers.requests}})
        else:
            self.tell(404, {})

    def tell(self, status, what):
        body = json.dumps(what).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


def well(name, port):
    try:
        with urllib.request.urlopen(f"http://{name}:{port}/health", timeout=2) as answer:
            return answer.status == 200
    except OSError:
        return False


def say():
    while True:
        print("error: out of memory, nothing is answered" if os.path.exists(HANGS) else "all is well", flush=True)
        time.sleep(2)


NAME = sys.argv[1]
if NAME == "hang":
    open(HANGS, "w").close()
    print("hangs")
else:
    threading.Thread(target=say, daemon=True).start()
    http.server.ThreadingHTTPServer(("", int(sys.argv[2])), Answers).serve_forever()
