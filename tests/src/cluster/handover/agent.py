"""A run that has another one submitted, and tries more than it may; and that other one, which says what it was given."""

import json
import os
import urllib.request

GATEWAY, BEARER = os.environ["PURE_AGENT_GATEWAY"], os.environ["PURE_AGENT_BEARER"]


def send(path, body=None, **headers):
    headers = {name.replace("_", "-"): value for name, value in headers.items()}
    headers["Authorization"] = f"Bearer {BEARER}"
    request = urllib.request.Request(GATEWAY + path, body and json.dumps(body).encode(), headers)
    with urllib.request.urlopen(request, timeout=120) as answer:
        return json.loads(answer.read())


def submitted(**arguments):
    arguments.setdefault("summary", "The day is planned.")
    params = {"name": "set_export_config", "arguments": arguments}
    asked = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params}
    answer = send("/mcp", asked, Content_Type="application/json", Accept="application/json")
    return answer.get("result", {"isError": True, "content": [{"text": json.dumps(answer)}]})


def plan():
    for wrong in [{}, {"city": "Paris"}, {"city": "Seoul", "day": "2000-01-01"}, {"city": "Seoul", "x": "y"}]:
        refused = submitted(actions=["submit"], submit=wrong)
        assert refused.get("isError"), (wrong, refused)
    done = submitted(actions=["submit"], submit={"city": "Busan"})
    assert not done.get("isError"), done


given = send("/v1/inputs")
print("given", json.dumps(given, sort_keys=True), flush=True)
if "city" not in given:
    plan()
