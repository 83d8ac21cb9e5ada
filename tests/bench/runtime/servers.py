"""The processes that are compared: nginx as upstream and as reverse proxy, and our gateway."""

import hashlib
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time

UID = "34f30468-bff5-4185-9f89-33119f4650fd"
# `{"issue":"A-1","prompt":"p"}`
INPUTS = "eyJpc3N1ZSI6IkEtMSIsInByb21wdCI6InAifQ"
SIZES = {"1k": 1 << 10, "64k": 64 << 10, "1m": 1 << 20}
EVENTS = 500
# A gateway serves with two threads, so nginx gets two workers.
WORKERS = 2

HEAD = """
daemon off; pid {folder}/{name}.pid; error_log {folder}/{name}.log error; worker_processes {workers};
events {{ worker_connections 4096; }}
http {{
    access_log off; default_type application/json; sendfile on; tcp_nopush on; keepalive_requests 1000000000;
    client_body_temp_path {folder}/{name}-body; proxy_temp_path {folder}/{name}-proxy;
    fastcgi_temp_path {folder}/{name}-f; uwsgi_temp_path {folder}/{name}-u; scgi_temp_path {folder}/{name}-s;
    client_max_body_size 10m;
"""

# Static files that answer POST too: nginx refuses it as 405, and that is turned into the file.
UPSTREAM = HEAD + """
    server {{
        listen 127.0.0.1:{plain} backlog=4096; listen 127.0.0.1:{tls} ssl backlog=4096;
        ssl_certificate {folder}/cert.pem; ssl_certificate_key {folder}/key.pem;
        root {folder}/files;
        error_page 405 =200 $uri;
        location / {{ rewrite ^/([a-z0-9]+)/v1/messages$ /$1.json break; }}
        location /sse/ {{ rewrite ^ /sse.txt last; }}
        location = /sse.txt {{ default_type text/event-stream; types {{ }} }}
    }}
}}
"""

PROXY = HEAD + """
    upstream plain {{ server 127.0.0.1:{plain}; keepalive 128; keepalive_requests 1000000000; }}
    upstream tls {{ server 127.0.0.1:{tls}; keepalive 128; keepalive_requests 1000000000; }}
    server {{
        listen 127.0.0.1:{port} backlog=4096;
        proxy_http_version 1.1; proxy_set_header Connection ""; proxy_set_header Host localhost;
        proxy_buffers 16 64k; proxy_ssl_session_reuse on;
        location = /v1/inputs {{ root {folder}/files; try_files /inputs.json =404; }}
        location /plain/ {{ proxy_pass http://plain/; }}
        location /tls/ {{ proxy_pass https://tls/; }}
    }}
}}
"""


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def install():
    """nginx and wrk, from Debian where they are missing."""
    missing = [name for name in ("nginx", "wrk") if not shutil.which(name)]
    if missing:
        packages = ["nginx-light" if name == "nginx" else name for name in missing]
        subprocess.run(["apt-get", "update", "-qq"], check=True)
        subprocess.run(["apt-get", "install", "-y", "-qq", "--no-install-recommends", *packages], check=True)


def files(folder):
    """What the upstream serves: answers of the Messages API, whole and as a stream."""
    root = os.path.join(folder, "files")
    os.makedirs(root)
    usage = {"input_tokens": 10, "output_tokens": 10}
    for name, size in SIZES.items():
        message = {
            "id": "msg_1", "type": "message", "role": "assistant", "model": "m",
            "content": [{"type": "text", "text": ""}], "stop_reason": "end_turn", "usage": usage,
        }
        message["content"][0]["text"] = "a" * (size - len(json.dumps(message)))
        write(os.path.join(root, f"{name}.json"), json.dumps(message))
    start = {"type": "message_start", "message": {"id": "msg_1", "type": "message", "role": "assistant",
             "content": [], "model": "m", "usage": usage}}
    delta = {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "some words "}}
    end = {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 10}}
    events = [start, *[delta] * (EVENTS - 3), end, {"type": "message_stop"}]
    text = "".join(f"event: {e['type']}\ndata: {json.dumps(e)}\n\n" for e in events)
    write(os.path.join(root, "sse.txt"), text)
    write(os.path.join(root, "inputs.json"), '{"issue":"A-1","prompt":"p"}')


def write(path, text):
    with open(path, "w", encoding="utf-8") as out:
        out.write(text)


def certificate(folder):
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
         "-days", "2", "-keyout", "key.pem", "-out", "cert.pem", "-subj", "/CN=localhost",
         "-addext", "subjectAltName=DNS:localhost", "-addext", "basicConstraints=critical,CA:FALSE"],
        cwd=folder, check=True, capture_output=True)


class Servers:
    """All three, until `stop`."""

    def __init__(self, folder, program, record=None, transcripts=False):
        self.transcripts = transcripts
        self.record = tempfile.mkdtemp(dir=record or folder)
        self.folder, self.program, self.children, self.sides = folder, program, [], {}
        os.chmod(folder, 0o755)
        self.plain, self.tls, self.port = free_port(), free_port(), free_port()
        files(folder)
        certificate(folder)
        try:
            self.nginx("upstream", UPSTREAM)
            self.nginx("proxy", PROXY)
            self.agent, self.control, self.gateway = self.start_gateway()
            self.bearer = self.claim()
        except BaseException:
            # Nobody has this object yet who could stop them.
            self.stop()
            raise

    def nginx(self, name, template):
        path = os.path.join(self.folder, f"{name}.conf")
        write(path, template.format(folder=self.folder, name=name, workers=WORKERS, plain=self.plain,
                                    tls=self.tls, port=self.port))
        child = subprocess.Popen(["nginx", "-c", path, "-e", os.path.join(self.folder, f"{name}.log")])
        self.children.append(child)
        if name == "proxy":
            self.sides["nginx"] = child
        for port in (self.plain, self.tls) if name == "upstream" else (self.port,):
            wait(port)

    def contract(self):
        """The example's, whose models are the upstream's files and whose limits are never reached."""
        root = os.path.dirname(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))
        with open(os.path.join(root, "golden", "contract", "pure-agent.json"), encoding="utf-8") as file:
            contract = json.load(file)
        contract["network"].update(closed=[], private=["127.0.0.0/8", "::1/128"],
                                   trust_bundle=os.path.join(self.folder, "cert.pem"))
        for secret in contract["secrets"]:
            secret["path"] = os.path.join(self.folder, f"secret-{secret['name']}")
            write(secret["path"], f"secret-of-{secret['name']}")
        model = next(m for m in contract["models"] if m["provider"] == "anthropic")
        model.pop("price", None)
        models = []
        for kind, port in (("plain", self.plain), ("tls", self.tls)):
            scheme = "https" if kind == "tls" else "http"
            for size in (*SIZES, "sse"):
                url = f"{scheme}://localhost:{port}/{size}"
                models.append({**model, "name": f"{kind}-{size}", "id": f"{kind}-{size}", "url": url})
        contract["models"] = models
        # Transcripts are no part of the record.
        if not self.transcripts:
            contract["record"].pop("transcripts")
        endless = 1 << 52
        contract["limits"].update(turns=endless, tokens=endless, traffic=endless, concurrency=256, deadline=3600)
        contract["limits"].pop("cost", None)
        for agent in contract["agents"]:
            agent["models"] = [m["name"] for m in models]
            agent["limits"] = {}
        return json.dumps(contract)

    def role(self, *arguments, **environment):
        text = self.contract_text
        command = [self.program, *arguments, "--digest", hashlib.sha256(text.encode()).hexdigest(),
                   "--bundle", "b" * 64, "--contract", os.path.join(self.folder, "contract.json")]
        return command, {"PURE_AGENT_UID": UID, **environment}

    def start_gateway(self):
        self.contract_text = self.contract()
        write(os.path.join(self.folder, "contract.json"), self.contract_text)
        with open(os.path.join(self.folder, "key"), "wb") as out:
            out.write(bytes([7] * 32))
        command, environment = self.role(
            "gateway", "--listen", "127.0.0.1", "--agent-port", "0", "--control-port", "0", "--export-port", "0",
            "--key", os.path.join(self.folder, "key"), "--record", self.record, PURE_AGENT_INPUTS=INPUTS)
        child = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)
        self.children.append(child)
        self.sides["ours"] = child
        said = child.stdout.readline()
        if '"listening"' not in said:
            sys.exit(f"the gateway does not start: {said}")
        said = json.loads(said)
        return said["agent"], said["control"], child

    def claim(self):
        host, port = self.agent.rsplit(":", 1)
        folder = os.path.join(self.folder, "run")
        os.makedirs(folder)
        command, environment = self.role(
            "start", "--gateway", host, "--port", port, "--patience", "1", "--folder", folder,
            "--answer", os.path.join(self.folder, "answer"), PURE_AGENT_CYCLE="0")
        done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True, check=False)
        if done.returncode:
            sys.exit(f"the bearer cannot be claimed: {done.stdout}")
        with open(os.path.join(folder, "bearer"), encoding="utf-8") as file:
            return file.read().strip()

    def busy(self, side):
        """Seconds that the processes of a side have spent on a processor: the proxy of nginx, or the gateway."""
        first = self.sides[side].pid
        with open(f"/proc/{first}/task/{first}/children", encoding="utf-8") as file:
            all_of_it = [first, *map(int, file.read().split())]
        ticks = 0
        for pid in all_of_it:
            with open(f"/proc/{pid}/stat", encoding="utf-8") as file:
                ticks += sum(map(int, file.read().rsplit(")", 1)[1].split()[11:13]))
        return ticks / os.sysconf("SC_CLK_TCK")

    def resident(self):
        """Resident memory of the gateway, in MiB."""
        with open(f"/proc/{self.gateway.pid}/status", encoding="utf-8") as file:
            line = next(line for line in file if line.startswith("VmRSS:"))
        return int(line.split()[1]) / 1024

    def stop(self):
        for child in self.children:
            child.terminate()
        for child in self.children:
            child.wait(timeout=20)
        shutil.rmtree(self.record, ignore_errors=True)


def wait(port):
    for _ in range(200):
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            time.sleep(0.05)
    sys.exit(f"nothing listens on {port}")
