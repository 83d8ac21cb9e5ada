"""An agent for the tests, in the place of the harness `claude`: it plays the script that its task names.

It is a client of the gateway like any other: prompt on standard input, models with and without streaming, tools by MCP
as its settings say, a clone by git, a tunnel by curl. How far it is stands in the workspace, so whoever comes after one
that was killed goes on.
"""

import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request

GATEWAY, BEARER = os.environ["ANTHROPIC_BASE_URL"], os.environ["ANTHROPIC_AUTH_TOKEN"]
BUNDLE = "/etc/tests/bundle.pem"
REPOSITORY = "github.com/dlddu/tool"
MORE = "There is more to do."


def option(name):
    return sys.argv[sys.argv.index(name) + 1]


def send(url, body=None, headers=()):
    request = urllib.request.Request(url, body and json.dumps(body).encode(), dict(headers))
    with urllib.request.urlopen(request, timeout=900) as answer:
        return answer.read().decode()


def called(name, **arguments):
    """A tool of the gateway's server, as the settings name it."""
    settings = json.loads(pathlib.Path(option("--mcp-config")).read_text())
    server = settings["mcpServers"]["pure-agent"]
    headers = {k: re.sub(r"\$\{(\w+)\}", lambda m: os.environ[m[1]], v) for k, v in server["headers"].items()}
    headers |= {"Content-Type": "application/json", "Accept": "application/json"}
    params = {"name": name, "arguments": arguments}
    asked = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params}
    result = json.loads(send(server["url"], asked, headers))["result"]
    return bool(result.get("isError")), result["content"][0]["text"]


def tool(name, **arguments):
    failed, text = called(name, **arguments)
    assert not failed, f"{name}: {text}"
    return text


def think(stream=False):
    headers = {"Authorization": f"Bearer {BEARER}", "Content-Type": "application/json"}
    headers |= {"anthropic-version": "2023-06-01"}
    messages = [{"role": "user", "content": f"Go on with {ISSUE}."}]
    body = {"model": option("--model"), "max_tokens": 64, "stream": stream, "messages": messages}
    text = send(GATEWAY + "/v1/messages", body, headers)
    assert ("message_stop" if stream else "hello") in text, text


def run(*command):
    subprocess.run(command, check=True, timeout=120)


def read():
    assert "A title of an issue" in tool("get_issue")
    assert "a remark" in tool("get_issue_comments")
    assert "some documentation" in tool("fetch", url="https://docs.example.com/page")


def clone():
    told = tool("clone", repository=REPOSITORY, branch="main")
    assert f"/git/{REPOSITORY}" in told, told
    if not pathlib.Path("repo").exists():
        shutil.rmtree("half", ignore_errors=True)
        run("git", "clone", "--quiet", f"{GATEWAY}/git/{REPOSITORY}", "half")
        pathlib.Path("half").rename("repo")


def write():
    pathlib.Path("repo/README.md").write_text("better words\n")
    pathlib.Path("repo/src/c.txt").write_text("c\n")
    pathlib.Path("notes.txt").write_text("notes\n")


def reach():
    run("curl", "--silent", "--fail", "--output", "/dev/null", "--cacert", BUNDLE, "https://packages.example.com/index")
    headers = {"Authorization": f"Bearer {BEARER}"}
    assert "dlddu/tool" in send(GATEWAY + "/http/api.github.com/repos/dlddu/tool", headers=headers)


def more():
    tool("set_export_config", actions=["continue"], summary=MORE)


def finish(actions=("report", "upload", "pull-request")):
    offered = tool("get_export_actions")
    assert all(name in offered for name in actions), offered
    details = {"actions": list(actions), "summary": "All is done.", "report": "A long report."}
    pull = {"repository": "dlddu/tool", "path": "repo", "branch": f"agent/{ISSUE}", "base": "main"}
    pull |= {"title": "Better words", "body": "They are better."}
    if "pull-request" not in actions:
        tool("set_export_config", **details)
        return
    # Where it may not go is told at once, so that it can be corrected.
    failed, why = called("set_export_config", **details, **{"pull-request": pull | {"branch": "main"}})
    assert failed and "branch" in why, why
    tool("set_export_config", **details, **{"pull-request": pull})


def linger(seconds):
    time.sleep(float(seconds))


def whole():
    """Three cycles."""
    yield lambda: (read(), clone(), think(), more())
    yield lambda: (think(), think(stream=True), write(), more())
    yield lambda: (think(), reach(), finish())


def two(seconds):
    """Two cycles that take their time."""
    yield lambda: (clone(), think(), linger(seconds), more())
    yield lambda: (think(stream=True), write(), linger(seconds), finish())


def one(seconds):
    """One cycle that takes its time."""
    yield lambda: (clone(), think(), write(), linger(seconds), finish())


def short(seconds="0"):
    """One cycle, which clones nothing."""
    yield lambda: (think(), linger(seconds), pathlib.Path("notes.txt").write_text("notes\n"), finish(("report", "upload")))


def stay():
    """Whoever ends this does so by force."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    yield lambda: linger(3600)


def silent():
    """Ends without a word."""
    while True:
        yield lambda: None


def memory():
    """Takes more memory than there is, until somebody ends it."""
    yield grow
    yield lambda: finish(("report",))


def grow():
    pathlib.Path("step-0").touch()
    kept = []
    while True:
        kept.append(bytearray(os.urandom(1 << 20)) * 16)


def fill(place):
    """Fills a folder until nothing fits any more."""
    yield lambda: (pathlib.Path("step-0").touch(), stuff(place), finish(("report",)))
    yield lambda: finish(("report",))


def knock(address, expected):
    """Tries the gateway of another run."""
    yield lambda: (knocked(address, expected), pathlib.Path("notes.txt").write_text("notes\n"), think(), finish(("report", "upload")))


def knocked(address, expected):
    for headers in ({}, {"Authorization": f"Bearer {BEARER}"}, {"x-api-key": BEARER}):
        for path in ("/v1/prompt", "/v1/inputs", "/v1/models", "/git/github.com/dlddu/tool/info/refs"):
            request = urllib.request.Request(f"http://{address}:8080{path}", headers=headers)
            try:
                urllib.request.urlopen(request, timeout=3)
                got = "answered"
            except urllib.error.HTTPError as e:
                got = str(e.code)
            except OSError:
                got = "closed"
            assert got == expected, f"{path}: {got}"


def many():
    """More files than are packed in a moment."""
    yield lambda: (scatter(), finish(("report", "upload")))


def scatter():
    for folder in range(300):
        place = pathlib.Path(f"many/{folder}")
        place.mkdir(parents=True, exist_ok=True)
        for file in range(300):
            (place / str(file)).touch()


def stuff(place):
    piece = os.urandom(1 << 20)
    try:
        with open(pathlib.Path(place) / "stuff", "wb") as file:
            for _ in range(1536):
                file.write(piece)
            file.flush()
    except OSError as e:
        print(f"full: {e}")
    # A kubelet looks at what is used each minute.
    linger(120 if place == "/tmp" else 0)


SCRIPTS = [whole, two, one, short, stay, silent, memory, fill, many, knock]
PROMPT = sys.stdin.read()
INPUTS = json.loads(send(GATEWAY + "/v1/inputs", headers={"Authorization": f"Bearer {BEARER}"}))
ISSUE = INPUTS["issue"]


def main():
    words = re.search(r"script: (.*)", PROMPT)[1].split()
    script = next(s for s in SCRIPTS if s.__name__ == words[0])
    number = len(list(pathlib.Path(".").glob("step-*")))
    steps = script(*words[1:])
    for _ in range(number):
        next(steps)
    # Whoever follows is told what the one before has left.
    if number > 0 and script in (whole, two):
        assert MORE in PROMPT, PROMPT
    next(steps)()
    pathlib.Path(f"step-{number}").touch()


main()
