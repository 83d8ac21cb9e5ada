"""An agent for the tests, in the place of every harness of the examples: what it does follows from the tools that it has.

It is a client of the gateway like any other: prompt on standard input, models by two protocols, tools by MCP, files, a
clone by git, a tunnel by curl.
"""

import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import urllib.request

GATEWAY, BEARER = os.environ["PURE_AGENT_GATEWAY"], os.environ["PURE_AGENT_BEARER"]
BUNDLE = "/etc/tests/bundle.pem"
PROMPT = sys.stdin.read()


def option(name):
    return sys.argv[sys.argv.index(name) + 1]


def send(path, body=None, **more):
    headers = {"Authorization": f"Bearer {BEARER}", "Content-Type": "application/json", "Accept": "application/json"}
    headers |= {name.replace("_", "-"): value for name, value in more.items()}
    address = path if path.startswith("http") else GATEWAY + path
    request = urllib.request.Request(address, body and json.dumps(body).encode(), headers)
    with urllib.request.urlopen(request, timeout=300) as answer:
        return answer.read().decode()


def asked(method, **params):
    body = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
    return json.loads(send("/mcp", body))["result"]


def called(name, **arguments):
    result = asked("tools/call", name=name, arguments=arguments)
    return bool(result.get("isError")), result["content"][0]["text"]


def tool(name, **arguments):
    failed, text = called(name, **arguments)
    assert not failed, f"{name}: {text}"
    return text


def answered(name, **arguments):
    """What a service answered, without what the gateway says of it."""
    return json.loads(tool(name, **arguments))["answer"]


def refused(rule, name, **arguments):
    failed, text = called(name, **arguments)
    assert failed and text.startswith(rule), f"{name}: {failed} {text}"


def think(about="Go on."):
    messages = [{"role": "user", "content": about}]
    if "--model" in sys.argv:
        body = {"model": option("--model"), "max_tokens": 64, "messages": messages}
        assert "hello" in send("/v1/messages", body, anthropic_version="2023-06-01")
    else:
        body = {"model": os.environ["PURE_AGENT_MODEL"], "messages": messages}
        assert "hello from the cluster" in send("/v1/chat/completions", body)


def system():
    return pathlib.Path(option("--append-system-prompt-file")).read_text()


def run(*command):
    subprocess.run(command, check=True, timeout=120)


def clone(repository):
    told = tool("clone", repository=f"github.com/{repository}", branch="main")
    assert f"/git/github.com/{repository}" in told, told
    shutil.rmtree("repo", ignore_errors=True)
    run("git", "clone", "--quiet", f"{GATEWAY}/git/github.com/{repository}", "repo")


def pull(repository, branch):
    return {"repository": repository, "path": "repo", "branch": branch, "base": "main",
            "title": "Another word", "body": "As was asked."}


def chat():
    """A message of a user: a status, the user's packages and documentation, one answer."""
    assert "design an agent" in system()
    given = json.loads(PROMPT)
    tool("show_status", text="I look at the packages.")
    run("curl", "--silent", "--fail", "--output", "/dev/null", "--cacert", BUNDLE, "https://packages.example.com/index")
    assert "some documentation" in send("/http/docs.example.com/guide")
    think(given["message"])
    # To whom an answer goes is not the agent's to say, and it says one.
    refused("tool-bound", "show_status", user="somebody-else", text="Hello.")
    tool("reply", text=f"You asked: {given['message']}")
    failed, why = called("reply", text="And one more.")
    assert failed, why


def stocks():
    """The report of a week: prices by http, rates from a bucket."""
    assert "look back on the week" in system()
    prices = json.loads(send("/http/prices.example.com/v1/daily/2026-01-16"))
    given = json.loads(tool("get_exchange_rates", date="2026-01-15"))
    assert len(given["files"]) == 2, given
    pathlib.Path("data").mkdir(exist_ok=True)
    for file in given["files"]:
        rates = send(file["url"])
        pathlib.Path("data", file["key"].rsplit("/", 1)[1]).write_text(rates)
    think()
    pathlib.Path("report.md").write_text(f"KOSPI closed at {prices['close']['KOSPI']}.\n")
    tool("set_export_config", actions=["none"], summary="The report of the week is written.")


def audit():
    """An account: its store, its resources, a mark that a person agrees to, and evidence."""
    assert answered("check_health", store="database") == "ok"
    found = answered("list_resources", kind="bucket")
    wrong = [one["name"] for one in found if one["public"]]
    refused("tool-bound", "list_resources", kind="bucket", account="999999999999")
    think()
    for name in wrong:
        assert name in tool("tag_resource", resource=name, finding="public")
    pathlib.Path("evidence.json").write_text(json.dumps(found))
    tool("set_export_config", actions=["s3"], summary=f"{len(wrong)} of {len(found)} buckets are public.")


def question():
    """A question about an account, for which nothing is changed."""
    found = answered("list_resources", kind="bucket")
    failed, why = called("tag_resource", resource="logs-2019", finding="public")
    assert failed, why
    think()
    tool("set_export_config", actions=["none"], summary=f"There are {len(found)} buckets.")


def answer():
    """A message of the messenger."""
    think()
    tool("reply", text="Done.")


def daily():
    """The night's runs, by the server of somebody else; and what would help."""
    skills = pathlib.Path(os.environ["HOME"], ".claude/skills")
    assert "name: dagster-guide" in (skills / "dagster-guide/SKILL.md").read_text()
    assert os.access(skills / "jr-usage/scripts/plan.sh", os.R_OK)
    runs = json.loads(tool("list_runs", job="rates"))
    assert runs[0]["status"] == "FAILURE", runs
    failed, why = called("launch_run", job="rates")
    assert failed, why
    repository = re.search(r"github\.com/(\S+?)\.", system())[1]
    clone(repository)
    think()
    pathlib.Path("repo/README.md").write_text("better words\n")
    tool("set_export_config", actions=["pull-request"], summary="A job failed for a word.",
         **{"pull-request": pull(repository, "agent/daily")})


def act():
    """Writes a change; the second time it knows what was wrong with the first."""
    repository = re.search(r"github\.com/(\S+?)\.", PROMPT)[1]
    again = pathlib.Path("repo").exists()
    if not again:
        clone(repository)
    think()
    pathlib.Path("repo/README.md").write_text("the best words\n" if again else "better words\n")
    tool("set_export_config", summary="The words are changed.", **{"pull-request": pull(repository, "agent/review")})


def check():
    """Judges what lies there."""
    assert "code-review" in PROMPT, PROMPT
    think()
    good = "best" in pathlib.Path("repo/README.md").read_text()
    refused("", "set_export_config", summary="Neither.", verdict="maybe")
    tool("set_export_config", summary="Fine." if good else "Only better.", verdict="good" if good else "again")


def work():
    tools = {one["name"] for one in asked("tools/list")["tools"]}
    for step, play in (("the step `act`", act), ("the step `check`", check)):
        if step in PROMPT:
            return play()
    for name, play in (("show_status", chat), ("get_exchange_rates", stocks), ("tag_resource", audit),
                       ("list_resources", question), ("reply", answer), ("list_runs", daily)):
        if name in tools:
            return play()
    raise AssertionError(sorted(tools))


work()
