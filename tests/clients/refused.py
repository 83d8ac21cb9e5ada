"""Both SDKs: refused.py WHAT MODEL; prints the exception that it got as one line of JSON."""

import json
import sys
import time

import anthropic
import openai

WHAT, MODEL = sys.argv[1:3]
HELLO = [{"role": "user", "content": "hello"}]


def messages(**more):
    client = anthropic.Anthropic(timeout=30)
    return client.messages.create(
        **{"model": MODEL, "max_tokens": 64, "messages": HELLO, **more}
    )


def chat(**more):
    client = openai.OpenAI(timeout=30)
    return client.chat.completions.create(
        **{"model": MODEL, "max_completion_tokens": 64, "messages": HELLO, **more}
    )


def until_refused(call):
    for _ in range(100):
        call()


CALLS = {
    "messages-model": lambda: messages(model="claude-of-somebody-else"),
    "messages-server-tool": lambda: messages(
        tools=[{"type": "web_search_20250305", "name": "web_search"}]
    ),
    "messages-bound": lambda: messages(max_tokens=10_000_000),
    "messages-used-up": lambda: until_refused(messages),
    "chat-model": lambda: chat(model="gpt-of-somebody-else"),
    "chat-server-tool": lambda: chat(extra_body={"web_search_options": {}}),
    "chat-used-up": lambda: until_refused(chat),
}
start = time.monotonic()
try:
    CALLS[WHAT]()
    seen = {"error": None}
except (anthropic.APIStatusError, openai.APIStatusError) as e:
    seen = {"error": type(e).__name__, "status": e.status_code, "message": str(e)}
seen["quick"] = time.monotonic() - start < 20
print(json.dumps(seen))
