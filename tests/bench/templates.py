#!/usr/bin/env python3
"""Cuts the templates of the floor program from what the compiler writes for samples.

    templates.py PURE_AGENT OUT.json

One sample for each kind of agent holds values that occur nowhere else; where they stand in the
output are the holes. That the templates are right is not taken on trust: run.py compares the floor's
bytes for every agent with the compiler's.
"""

import argparse
import hashlib
import json
import os
import re
import subprocess
import tempfile

import workspace

DIGEST = "pure-agent.dev/digest"
BUNDLE = "pure-agent.dev/bundle"
VERSION = "app.kubernetes.io/version"

# What stands for the bundle's digest while objects are hashed.
PLACEHOLDER = "0bundle-digest-placeholder-xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx0"
SHORT_PLACEHOLDER = "0bundle-short-x0"

NUMBERS = {"depth": 7, "turns": 479, "tokens": 4_797_000, "cost": 47, "minute": 53}

# Where numbers and the prompt stand: in the contract by name, elsewhere in one place each.
IN_CONTRACT = {
    '"depth":7,': '"depth":\1depth\1,',
    '"turns":479': '"turns":\1turns\1',
    '"tokens":4797000': '"tokens":\1tokens\1',
    '"micros":47000000': '"micros":\1cost\1' + "000000",
    "zqprompt": "\1prompt\1",
}

# The bound of the cycles is the depth and something for the kind of agent.
BOUND = re.compile(r"(?<=inputs\.parameters\.cycle}} < )\d+")

SAMPLES = [("reader", "sonnet"), ("coder", "opus"), ("coder", "sonnet"), ("reporter", "sonnet")]


def sample(kind, model):
    return {
        "kind": kind,
        "name": f"{kind}-zqzqz",
        "about": "Zqabout",
        "team": "zqteam",
        "repo": "zqrepo",
        "image": "f1e2d3c4b5a69788" * 4,
        "model": model,
        "prompt": "zqprompt",
        **NUMBERS,
    }


def compiled(program, agent, form):
    with tempfile.TemporaryDirectory() as folder:
        root = os.path.join(folder, "w")
        workspace.write(root, [agent])
        command = [program, "compile", "--format", form]
        return subprocess.run(command, cwd=root, check=True, capture_output=True).stdout.decode()


def canonical(value):
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def sha256(text):
    return hashlib.sha256(text.encode()).hexdigest()


def hashed(value):
    """The canonical JSON that an object's digest is taken of."""
    value = json.loads(json.dumps(value))
    metadata = value["metadata"]
    digest = metadata["annotations"].pop(DIGEST)
    bundle = metadata["annotations"].pop(BUNDLE, None)
    metadata["labels"].pop(VERSION, None)
    for field in ("annotations", "labels"):
        if not metadata[field]:
            del metadata[field]
    text = canonical(value)
    if bundle:
        text = text.replace(bundle, PLACEHOLDER).replace(bundle[:16], SHORT_PLACEHOLDER)
    assert sha256(text) == digest, f"{value['kind']}: the digest is not that of its JSON"
    return text


def named(text, agent):
    """Puts `\1name\1` where the texts of a sample stand."""
    for fact in ("name", "about", "team", "repo", "image"):
        text = text.replace(agent[fact], f"\1{fact}\1")
    return text


def contract_holes(contract, agent):
    for number, hole in IN_CONTRACT.items():
        contract = contract.replace(number, hole)
    return named(contract, agent)


def holes(text, agent, contract):
    """The same for an object, which may hold the contract and its digest."""
    text = text.replace(json.dumps(contract, ensure_ascii=False)[1:-1], "\1contract\1")
    digest = sha256(contract)
    text = text.replace(digest, "\1contract-digest\1")
    text = text.replace(digest[:10], "\1contract-digest:10\1")
    text = text.replace("53 6 * * 1-5", "\1minute\1 6 * * 1-5")
    text = BOUND.sub(lambda bound: f"\1depth+{int(bound[0]) - NUMBERS['depth']}\1", text)
    return named(text, agent)


def cut(program, kind, model):
    """The templates of one kind, and the text of the platform objects."""
    agent = sample(kind, model)
    items = json.loads(compiled(program, agent, "json"))["items"]
    texts = compiled(program, agent, "yaml").split("---\n")
    assert len(items) == len(texts), (len(items), len(texts))
    spec = [at for at, item in enumerate(items) if BUNDLE in item["metadata"]["annotations"]]
    platform = "---\n".join(texts[: spec[0]])
    assert spec == list(range(spec[0], len(items))), "platform objects come first"
    contract = next(i["data"]["contract.json"] for i in items if i["kind"] == "ConfigMap")
    objects = []
    rows = []
    for number, at in enumerate(spec):
        item, text = items[at], texts[at]
        annotations = item["metadata"]["annotations"]
        bundle, digest = annotations[BUNDLE], annotations[DIGEST]
        metadata = item["metadata"]
        rows.append([item["kind"], metadata.get("namespace", ""), metadata["name"], digest])
        text = text.replace(digest, f"\1object:{number}\1")
        text = text.replace(bundle, "\1bundle\1").replace(bundle[:16], "\1bundle:16\1")
        objects.append(
            {"json": holes(hashed(item), agent, contract), "yaml": holes(text, agent, contract)}
        )
    digests = {row[3]: number for number, row in enumerate(rows)}
    listed = canonical(sorted(rows))
    assert sha256(listed) == bundle, "the bundle's digest is not that of its objects"
    for digest, number in digests.items():
        listed = listed.replace(digest, f"\1object:{number}\1")
    return platform, {
        "contract": contract_holes(contract, agent),
        "objects": objects,
        "rows": holes(listed, agent, contract),
    }


def templates(program):
    kinds = {}
    for kind, model in SAMPLES:
        platform, kinds[f"{kind}-{model}"] = cut(program, kind, model)
    return {"platform": platform, "kinds": kinds}


def dump(cut, out):
    """Writes templates as the floor reads them."""
    json.dump(cut, out, ensure_ascii=False)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("program")
    parser.add_argument("out")
    options = parser.parse_args()
    with open(options.out, "w", encoding="utf-8") as out:
        dump(templates(os.path.abspath(options.program)), out)


if __name__ == "__main__":
    main()
