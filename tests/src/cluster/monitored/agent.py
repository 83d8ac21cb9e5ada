"""The agents of `examples/monitoring`, in the place of the harness `claude`: what each hands in follows from what the run
before it has read, and from what it looks up itself. Each tries more than it may."""

import json
import os
import pathlib
import re
import sys
import urllib.request

GATEWAY, BEARER = os.environ["ANTHROPIC_BASE_URL"], os.environ["ANTHROPIC_AUTH_TOKEN"]
PROMPT = sys.stdin.read()
NOTES = pathlib.Path("notes.json")


def option(name):
    return sys.argv[sys.argv.index(name) + 1]


def send(path, body=None, **headers):
    headers = {name.replace("_", "-"): value for name, value in headers.items()}
    headers |= {"Authorization": f"Bearer {BEARER}", "Content-Type": "application/json"}
    request = urllib.request.Request(GATEWAY + path, body and json.dumps(body).encode(), headers)
    with urllib.request.urlopen(request, timeout=120) as answer:
        return json.loads(answer.read())


def called(name, **arguments):
    asked = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": name, "arguments": arguments}}
    answer = send("/mcp", asked, Accept="application/json")
    if "error" in answer:
        return True, answer["error"]["message"]
    return bool(answer["result"].get("isError")), answer["result"]["content"][0]["text"]


def tool(name, **arguments):
    failed, text = called(name, **arguments)
    assert not failed, f"{name}: {text}"
    print(name, "answered", flush=True)
    return json.loads(text)


def submit(**arguments):
    failed, why = called("set_export_config", **arguments)
    assert not failed, why


def refused(name, **arguments):
    failed, text = called(name, **arguments)
    assert failed, f"{name} {arguments}: {text}"
    print(name, "refused", flush=True)


def think():
    body = {"model": option("--model"), "max_tokens": 64, "messages": [{"role": "user", "content": "What is wrong?"}]}
    assert "hello" in json.dumps(send("/v1/messages", body, anthropic_version="2023-06-01"))


def read(step):
    """What a call of the run answered, as the prompt has it."""
    line = re.search(rf'^{step}: (".*")$', PROMPT, re.M)
    return json.loads(json.loads(line[1]))


def nothing_is_changed():
    refused("restart_deployment", deployment="auth")
    refused("scale_deployment", deployment="auth", replicas=1)


def triage():
    focus = send("/v1/inputs")["focus"]
    told = read("detect")["answer"]
    faults = [name for name, state in told.items() if not state["online"] and focus in ("any", name)]
    nothing_is_changed()
    refused("list_pods")
    refused("set_export_config", summary="s", verdict="restart", answers={"service": "auth"})
    refused("set_export_config", summary="s", verdict="fault", answers={"service": "database"})
    if faults:
        submit(summary=f"{faults[0]} is offline.", verdict="fault", answers={"service": faults[0]})
    else:
        submit(summary="All is well.", verdict="healthy", answers={"service": "none"})


def analyze():
    service = json.loads(re.search(r'^(\{"triage":.*\})$', PROMPT, re.M)[1])["triage"]["service"]
    logs = read("logs")["pods"]
    assert tool("get_service_status", service=service)["answer"]["online"] is False
    pods = tool("list_pods", deployment=service)["pods"]
    assert len(pods) == len(logs), (pods, logs)
    nothing_is_changed()
    for pod in pods:
        assert tool("describe_pod", pod=pod["name"])["events"]
        assert "error: out of memory, nothing is answered" in tool("get_pod_logs", pod=pod["name"], lines=5)["lines"]
        assert tool("search_logs", deployment=service, text="OUT OF MEMORY")["count"] > 0
    NOTES.write_text(json.dumps({"service": service, "pods": len(pods), "tried": []}))
    submit(summary=f"{service} has {len(pods)} pods, none of which answers.")


def cause():
    notes = json.loads(NOTES.read_text())
    assert read("metrics")["answer"]["requests"] > 0
    nothing_is_changed()
    answers = {"deployment": notes["service"], "replicas": "2"}
    for wrong in ({"deployment": "load-balancer"}, {"replicas": "9"}):
        refused("set_export_config", summary="s", verdict="scale", answers=answers | wrong)
    # Of this service it guesses wrong first.
    guesses = notes["service"] == "api-gateway" and not notes["tried"]
    verdict = "restart" if notes["pods"] or guesses else "scale"
    notes["tried"].append(verdict)
    NOTES.write_text(json.dumps(notes))
    submit(summary=f"{verdict} {notes['service']}", verdict=verdict, answers=answers)


think()
{"triage": triage, "analyze": analyze, "cause": cause}[re.search(r"the step `([a-z-]+)`", PROMPT)[1]]()
