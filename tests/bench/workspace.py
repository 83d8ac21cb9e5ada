#!/usr/bin/env python3
"""Writes a workspace of N agents, and the same facts as one JSON file.

    workspace.py N DIR [--seed S]

DIR gets `pure-agent.kdl`, one spec with a run and an agent per file, a shared library that the specs
`use`, one policy and one target; beside it, `DIR.facts.json` holds what differs from spec to spec.
There are three kinds of agent (see KINDS); the same N and seed give the same bytes everywhere.
"""

import argparse
import hashlib
import json
import os

KINDS = ("reader", "coder", "reporter")

TEAMS = ("billing", "catalog", "checkout", "identity", "ledger", "mobile", "search", "shipping")

VERBS = ("Reviews", "Triages", "Explains", "Documents", "Refactors", "Tests", "Summarises")

THINGS = (
    "changes of the API", "flaky tests", "slow queries", "open questions", "error reports",
    "release notes", "dead code", "the daily figures", "access rules", "dependencies",
)

LIBRARY = {
    "library/models.kdl": """version 1

// Models of the company, each behind the gateway with the key of its own.

secret "claude" {
    from "model-keys" key="ANTHROPIC_API_KEY"
}

model "opus" {
    provider "anthropic"
    id "claude-opus-4-1"
    auth "claude"
    price {
        input "15.00 USD" per=1_000_000
        output "75.00 USD" per=1_000_000
    }
}

model "sonnet" {
    provider "anthropic"
    id "claude-sonnet-4-5"
    auth "claude"
    price {
        input "3.00 USD" per=1_000_000
        output "15.00 USD" per=1_000_000
    }
}
""",
    "library/servers.kdl": """version 1

// Servers of tools that every team may use.

secret "source" {
    from "source-keys" key="GITHUB_READ_TOKEN"
}

secret "tracker" {
    from "tracker-keys" key="LINEAR_READ_KEY"
}

mcp "source" {
    builtin "git"
    auth "source"
    repo "github.com/acme/*"
}

mcp "tracker" {
    builtin "linear"
    auth "tracker"
    team "ENG"
}

tools "reading" {
    server "source" {
        allow "clone"
    }
    server "tracker" {
        allow "get_issue" {
            bind "issue_id" input="issue"
        }
        allow "get_issue_comments" {
            bind "issue_id" input="issue"
        }
    }
}
""",
    "library/reporter.md": """You write one report. Read the figures of yesterday over HTTP, compare them with
the day before, and say what changed, by how much, and what is unusual.

Write `report.md`. Numbers come first, then one line for each thing that somebody should look at.
Say plainly when there is nothing.
""",
    "policies/company.kdl": """version 1

policy "company" {
    about "What every team may do"

    image "images.example.com/agents/*"

    model "anthropic" id="claude-*"
    upstream "api.anthropic.com"
    secret "model-keys" key="ANTHROPIC_API_KEY" for="model" to="api.anthropic.com"

    tool "git" "clone"
    repo "github.com/acme/*"
    upstream "github.com"
    secret "source-keys" key="GITHUB_READ_TOKEN" for="mcp" to="github.com"

    tool "linear" "get_*"
    upstream "api.linear.app"
    secret "tracker-keys" key="LINEAR_READ_KEY" for="mcp" to="api.linear.app"

    egress {
        http "figures.example.com" {
            allow "GET" "/v1/**"
        }
        http "packages.example.com" {
            allow "GET" "/**"
        }
    }

    export "comment" {
        on "linear"
        times 1
    }
    export "pull-request" {
        on "github"
        repo "acme/*"
        base "main"
        branch "agent/**"
        protect ".github/**"
        times 1
    }
    export "s3" {
        to "s3://acme-reports/nightly"
        times 1
    }
    upstream "api.github.com"
    upstream "acme-reports.s3.eu-central-1.amazonaws.com"
    secret "export-keys" key="LINEAR_COMMENT_KEY" for="export" to="api.linear.app"
    secret "export-keys" key="GITHUB_WRITE_TOKEN" for="export" to="api.github.com"
    secret "export-keys" key="S3_CREDENTIALS" for="export" to="acme-reports.s3.eu-central-1.amazonaws.com"

    owner "team-*"
    keep for="7d"
    schedule every="1h"
    limits {
        depth 20
        deadline "4h"
        turns 500
        tokens 5_000_000
        cost "50 USD"
        cpu "2"
        memory "4Gi"
        workspace "20Gi"
        archive "100Mi"
    }
    worst-case {
        pods 150
        wall-time "12h"
    }

    waive "PA0510" {
        reason "agents read issues and code of ours; comments and pull requests are seen by people"
        until "2099-12-31"
    }
}
""",
    "targets/cluster.kdl": """version 1

target "cluster" {
    namespace "agents"
    runtime "images.example.com/runtime@sha256:2222222222222222222222222222222222222222222222222222222222222222"
    storage-class "standard"
    access-mode "ReadWriteOncePod"
    argo {
        minimum "3.7.15"
        controller "system:serviceaccount:argo:argo"
        executor "images.example.com/argoexec:v3.7.18"
    }
    api-server "10.0.12.34/32" port=443
    dns {
        namespace "kube-system"
        label "k8s-app" "kube-dns"
        port 53
    }
    node {
        label "node.kubernetes.io/lifecycle" "on-demand"
        tolerate "dedicated" value="agents" effect="NoSchedule"
    }
    break-glass "platform-admins"
}
""",
    "pure-agent.kdl": """version 1

specs "specs/*.kdl"
policies "policies/*.kdl"
targets "targets/*.kdl"
require "company"
target "cluster"
""",
}

AGENT = """
agent "{name}" {{
    about "{about}"
    image "images.example.com/agents/{kind}@sha256:{image}"
    harness "claude-code"
    {system}
    model "{model}"
"""

RESOURCES = """    resources {{
        cpu "1"
        memory "2Gi"
    }}
}}

run "{name}" {{
    about "{about}"
    owner "team-{team}"
"""

ISSUE = """    input "issue" {{
        match "[A-Z]{{1,5}}-[0-9]{{1,6}}"
    }}
"""

LIMITS = """    agent "{name}"
    limits {{
        depth {depth}
        deadline "{deadline}"
        cycle "{cycle}"
        turns {turns}
        tokens {tokens}
        cost "{cost} USD"
    }}
"""

SPECS = {
    "reader": """version 1
use "../library/models.kdl"
use "../library/servers.kdl"

// {about}; reads, and says on the issue what it found.

secret "comments" {{
    from "export-keys" key="LINEAR_COMMENT_KEY"
}}
"""
    + AGENT
    + """    tools "reading"
"""
    + RESOURCES
    + ISSUE
    + LIMITS
    + """    export {{
        always "comment" {{
            on "linear"
            to input="issue"
            auth "comments"
        }}
    }}
    record {{
        usage
    }}
    retry 1 on="infrastructure"
}}
""",
    "coder": """version 1
use "../library/models.kdl"
use "../library/servers.kdl"

// {about}; opens a pull request in one repository and says so on the issue.

secret "comments" {{
    from "export-keys" key="LINEAR_COMMENT_KEY"
}}

secret "github" {{
    from "export-keys" key="GITHUB_WRITE_TOKEN"
}}
"""
    + AGENT
    + """    tools "reading"
    egress {{
        http "packages.example.com" {{
            allow "GET" "/{team}/**"
        }}
    }}
"""
    + RESOURCES
    + """    input "prompt" {{
        size "32Ki"
    }}
"""
    + ISSUE
    + LIMITS
    + """    finish {{
        require "submission"
        reminders 3
    }}
    workspace {{
        size "10Gi"
        keep "on-failure" for="3d"
    }}
    export {{
        always "comment" {{
            on "linear"
            to input="issue"
            auth "comments"
        }}
        offer "pull-request" {{
            on "github"
            repo "acme/{repo}"
            base "main"
            branch "agent/**"
            protect ".github/**"
            times 1
            auth "github"
        }}
    }}
    record {{
        usage
    }}
    retry 2 on="infrastructure" {{
        backoff "30s"
    }}
}}
""",
    "reporter": """version 1
use "../library/models.kdl"

// {about}; every working day, into one bucket.

secret "reports" {{
    from "export-keys" key="S3_CREDENTIALS"
}}
"""
    + AGENT
    + """    egress {{
        http "figures.example.com" {{
            allow "GET" "/v1/{team}/{repo}"
        }}
    }}
"""
    + RESOURCES
    + LIMITS
    + """    workspace {{
        size "2Gi"
        keep "on-failure" for="2d"
    }}
    export {{
        always "s3" {{
            to "s3://acme-reports/nightly/{repo}"
            region "eu-central-1"
            auth "reports"
            size "20Mi"
        }}
    }}
    schedule "{minute} 6 * * 1-5" {{
        timezone "Europe/Berlin"
        overlap "forbid"
    }}
}}
""",
}

# What stands in a spec where its prompt goes.
SYSTEM = {
    "reader": 'system file="../prompts/{name}.md"',
    "coder": 'system """\n{indented}\n        """',
    "reporter": 'system file="../library/reporter.md"',
}

# Deadline and cycle belong together: every kind has one pair, as its authors copied it.
TIMES = {"reader": ("1h", "10m"), "coder": ("2h", "20m"), "reporter": ("1h", "10m")}


class Dice:
    """Numbers from a seed, the same with every Python."""

    def __init__(self, seed):
        self.seed = seed
        self.count = 0

    def bytes(self):
        self.count += 1
        return hashlib.sha256(f"{self.seed}/{self.count}".encode()).digest()

    def below(self, limit):
        return int.from_bytes(self.bytes()[:8], "big") % limit

    def of(self, choices):
        return choices[self.below(len(choices))]


def fact(kind, number, dice):
    """What is special about one agent."""
    team = dice.of(TEAMS)
    about = f"{dice.of(VERBS)} {dice.of(THINGS)} for {team}"
    repo = f"{team}-{dice.below(90) + 10}"
    prompt = (
        f"You work for the {team} team. {about}; the repository is acme/{repo}.\n"
        "\n"
        "Read what is asked first, then look at the code, then answer. Do not repeat what tests\n"
        f"already show. Stop after {dice.below(40) + 5} files, and say which ones you left out."
    )
    return {
        "kind": kind,
        "name": f"{kind}-{number:05}",
        "about": about,
        "team": team,
        "repo": repo,
        "image": dice.bytes().hex(),
        "model": dice.of(("opus", "sonnet")) if kind == "coder" else "sonnet",
        "depth": dice.below(5) + 2,
        "turns": dice.below(300) + 50,
        "tokens": (dice.below(3_000) + 1_000) * 1_000,
        "cost": dice.below(29) + 1,
        "minute": dice.below(60),
        "prompt": prompt,
    }


def facts(count, seed):
    """Facts of `count` agents; most are readers."""
    dice = Dice(seed)
    kinds = ("reader", "reader", "coder", "coder", "reporter")
    return [fact(kinds[number % len(kinds)], number, dice) for number in range(count)]


def files(agents):
    """Every file of a workspace, by path."""
    out = dict(LIBRARY)
    for agent in agents:
        kind = agent["kind"]
        deadline, cycle = TIMES[kind]
        lines = agent["prompt"].split("\n")
        indented = "\n".join("        " + line if line else "" for line in lines)
        system = SYSTEM[kind].format(indented=indented, **agent)
        out[f"specs/{agent['name']}.kdl"] = SPECS[kind].format(
            system=system, deadline=deadline, cycle=cycle, **agent
        )
        if kind == "reader":
            out[f"prompts/{agent['name']}.md"] = agent["prompt"] + "\n"
    return out


def write(folder, agents):
    """Writes the workspace, and the facts beside it."""
    for path, text in files(agents).items():
        full = os.path.join(folder, path)
        os.makedirs(os.path.dirname(full), exist_ok=True)
        with open(full, "w", encoding="utf-8", newline="\n") as out:
            out.write(text)
    with open(f"{folder}.facts.json", "w", encoding="utf-8", newline="\n") as out:
        json.dump(agents, out, indent=1)
        out.write("\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("count", type=int)
    parser.add_argument("folder")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    write(options.folder.rstrip("/"), facts(options.count, options.seed))


if __name__ == "__main__":
    main()
