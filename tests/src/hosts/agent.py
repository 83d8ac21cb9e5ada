"""An agent that does the task of the test, one step in each cycle; a cycle is told by what lies in the workspace."""

import json
import os
import pathlib
import subprocess
import sys
import urllib.request

GATEWAY, BEARER = os.environ["PURE_AGENT_GATEWAY"], os.environ["PURE_AGENT_BEARER"]
REPOSITORY, MODEL = "github.com/dlddu/tool", "claude-opus-4-1"
PULL = {"repository": "dlddu/tool", "path": "repo", "branch": "agent/fix", "base": "main"}


def post(path, body):
    headers = {"Authorization": f"Bearer {BEARER}", "Content-Type": "application/json"}
    headers |= {"Accept": "application/json", "anthropic-version": "2023-06-01"}
    request = urllib.request.Request(GATEWAY + path, json.dumps(body).encode(), headers)
    with urllib.request.urlopen(request, timeout=60) as answer:
        return answer.read().decode()


def called(name, **arguments):
    params = {"name": name, "arguments": arguments}
    asked = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params}
    result = json.loads(post("/mcp", asked))["result"]
    return bool(result.get("isError")), result["content"][0]["text"]


def tool(name, **arguments):
    failed, text = called(name, **arguments)
    assert not failed, f"{name}: {text}"
    return text


def think(stream=False):
    messages = [{"role": "user", "content": "Go on."}]
    text = post("/v1/messages", {"model": MODEL, "max_tokens": 64, "stream": stream, "messages": messages})
    assert ("message_stop" if stream else "hello") in text, text


def run(*command):
    subprocess.run(command, check=True, timeout=60)


def begin():
    assert "A title of an issue" in tool("get_issue")
    assert "a remark" in tool("get_issue_comments")
    assert "some documentation" in tool("fetch", url="https://docs.example.com/page")
    told = tool("clone", repository=REPOSITORY, branch="main")
    assert f"{GATEWAY}/git/{REPOSITORY}" in told, told
    run("git", "clone", "--quiet", f"{GATEWAY}/git/{REPOSITORY}", "repo")
    think()
    tool("set_export_config", actions=["continue"], summary="The words are to be written.")


def go_on():
    think()
    think(stream=True)
    pathlib.Path("repo/README.md").write_text("better words\n")
    pathlib.Path("repo/src/c.txt").write_text("c\n")
    pathlib.Path("notes.txt").write_text("notes\n")
    tool("set_export_config", actions=["none"], summary="I was too fast.")
    tool("set_export_config", actions=["continue"], summary="The rest is to be told.")


def end():
    run("curl", "--silent", "--fail", "--cacert", os.environ["BUNDLE"], "https://packages.example.com/index")
    offered = tool("get_export_actions")
    assert all(name in offered for name in ("report", "upload", "pull-request", "s3")), offered
    details = {"summary": "All is done.", "report": "A long report."}
    actions = ["report", "upload", "pull-request", "s3"]
    pull = PULL | {"title": "Better words", "body": "They are better."}
    # Where it may not go is told at once, so that it can be corrected.
    failed, why = called("set_export_config", actions=actions, **details, **{"pull-request": pull | {"branch": "main"}})
    assert failed and "branch" in why, why
    tool("set_export_config", actions=actions, **details, **{"pull-request": pull})


steps = [(begin, "p"), (go_on, "The words are to be written."), (end, "The rest is to be told.")]
number = len(list(pathlib.Path(".").glob("step-*")))
step, word = steps[number]
prompt = sys.stdin.read()
assert word in prompt, prompt
step()
pathlib.Path(f"step-{number}").touch()
