"""An agent that looks after a Deployment, and tries more than it may."""

import json
import os
import urllib.request

GATEWAY, BEARER = os.environ["PURE_AGENT_GATEWAY"], os.environ["PURE_AGENT_BEARER"]


def send(path, body=None, **headers):
    headers = {name.replace("_", "-"): value for name, value in headers.items()}
    headers["Authorization"] = f"Bearer {BEARER}"
    request = urllib.request.Request(GATEWAY + path, body and json.dumps(body).encode(), headers)
    with urllib.request.urlopen(request, timeout=900) as answer:
        return json.loads(answer.read())


def called(name, **arguments):
    params = {"name": name, "arguments": arguments}
    asked = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params}
    result = send("/mcp", asked, Content_Type="application/json", Accept="application/json")["result"]
    return bool(result.get("isError")), result["content"][0]["text"]


def tool(name, **arguments):
    failed, text = called(name, **arguments)
    assert not failed, f"{name}: {text}"
    print(name, "answered", flush=True)
    return json.loads(text)


def denied(rule, name, **arguments):
    failed, text = called(name, **arguments)
    assert failed and text.startswith(rule), f"{name} {arguments}: {failed} {text}"
    print(name, "refused by", rule, flush=True)


def watch(other):
    pods = tool("list_pods")["pods"]
    assert pods and all(pod["deployment"] == "web" for pod in pods), pods
    pod = pods[0]["name"]
    told = tool("describe_pod", pod=pod)
    reasons = [event["reason"] for event in told["events"]]
    assert "Started" in reasons and "hidden" not in json.dumps(told), told
    assert "tick" in tool("get_pod_logs", pod=pod, lines=5)["lines"]
    logs = tool("get_service_logs", deployment="web", since_minutes=60)["pods"]
    assert len(logs) == 2 and all("tick" in log["lines"] for log in logs), logs
    found = tool("search_logs", deployment="web", text="ERROR IN")
    assert found["count"] == 2 and found["matches"][0]["line"] == "error in the till", found
    denied("kubernetes-none", "describe_pod", pod=other)
    denied("kubernetes-none", "get_pod_logs", pod=other)
    denied("tool-arguments", "get_service_logs", deployment="till")


def change():
    denied("tool-arguments", "restart_deployment", deployment="till")
    denied("tool-arguments", "scale_deployment", deployment="web", replicas=9)
    tool("restart_deployment", deployment="web")
    assert tool("scale_deployment", deployment="web", replicas=3)["replicas"] == 3
    # As often as was granted.
    failed, text = called("restart_deployment", deployment="web")
    assert failed, text


watch(send("/v1/inputs")["other"])
change()
