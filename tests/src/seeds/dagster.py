"""A server of tools as somebody else writes one: MCP over Streamable HTTP, without sessions. It needs nothing but itself."""

import http.server
import json

RUNS = [{"id": "3", "status": "FAILURE", "error": "a word is wrong"}, {"id": "2", "status": "SUCCESS"}]
JOB = {"type": "object", "properties": {"job": {"type": "string"}}, "required": ["job"]}
TOOLS = [
    {"name": "list_runs", "description": "The last runs of a job, newest first", "inputSchema": JOB},
    {"name": "launch_run", "description": "Starts a job", "inputSchema": JOB},
]


def answer(method, params):
    match method:
        case "initialize":
            return {
                "protocolVersion": params["protocolVersion"],
                "capabilities": {"tools": {}},
                "serverInfo": {"name": "dagster", "version": "1"},
            }
        case "tools/list":
            return {"tools": TOOLS}
        case "tools/call" if params["name"] == "list_runs":
            print("list_runs", params["arguments"]["job"], flush=True)
            return {"content": [{"type": "text", "text": json.dumps(RUNS)}]}
    print("refused", method, flush=True)
    return {"content": [{"type": "text", "text": "no"}], "isError": True}


class Server(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        asked = json.loads(self.rfile.read(int(self.headers["content-length"])))
        if "id" not in asked:
            return self.say(202, b"")
        result = answer(asked["method"], asked.get("params", {}))
        self.say(200, json.dumps({"jsonrpc": "2.0", "id": asked["id"], "result": result}).encode())

    def do_GET(self):
        self.say(405, b"")

    def say(self, status, body):
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


http.server.ThreadingHTTPServer(("", 8000), Server).serve_forever()
