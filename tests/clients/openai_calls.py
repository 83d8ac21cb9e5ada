"""OpenAI's SDK: openai_calls.py MODEL EMBEDDER; prints what it saw as one line of JSON."""

import json
import sys
import time

import openai

MODEL, EMBEDDER = sys.argv[1:3]
PARAMETERS = {
    "type": "object",
    "properties": {"city": {"type": "string"}},
    "required": ["city"],
}
client = openai.OpenAI(timeout=30)
seen = {}

HELLO = [{"role": "user", "content": "hello"}]
whole = client.chat.completions.create(
    model=MODEL, max_completion_tokens=64, messages=HELLO
)
seen["whole"] = [whole.choices[0].message.content, whole.usage.completion_tokens]

times, text, usages = [], "", []
for chunk in client.chat.completions.create(
    model=MODEL, max_completion_tokens=64, messages=HELLO, stream=True
):
    if chunk.usage:
        usages.append(chunk.usage.completion_tokens)
    for choice in chunk.choices:
        times.append(time.monotonic())
        text += choice.delta.content or ""
seen["stream"] = [text, usages]
seen["in_pieces"] = times[-1] - times[0] > 0.1
usages = [
    chunk.usage.completion_tokens
    for chunk in client.chat.completions.create(
        model=MODEL,
        max_completion_tokens=64,
        messages=HELLO,
        stream=True,
        stream_options={"include_usage": True},
    )
    if chunk.usage
]
seen["stream_usage"] = usages

asked = [{"role": "user", "content": "weather?"}]
tools = [{"type": "function", "function": {"name": "weather", "parameters": PARAMETERS}}]
call = client.chat.completions.create(
    model=MODEL, max_completion_tokens=64, messages=asked, tools=tools
)
message = call.choices[0].message
use = message.tool_calls[0]
seen["tool"] = [use.function.name, json.loads(use.function.arguments)]
after = client.chat.completions.create(
    model=MODEL,
    max_completion_tokens=64,
    tools=tools,
    messages=asked
    + [
        {
            "role": "assistant",
            "tool_calls": [
                {
                    "id": use.id,
                    "type": "function",
                    "function": {"name": "weather", "arguments": use.function.arguments},
                }
            ],
        },
        {"role": "tool", "tool_call_id": use.id, "content": "rain"},
    ],
)
seen["after"] = after.choices[0].message.content

answer = client.responses.create(model=MODEL, input="hello", max_output_tokens=64)
seen["response"] = [answer.output_text, answer.usage.output_tokens]
events = list(
    client.responses.create(model=MODEL, input="hello", max_output_tokens=64, stream=True)
)
seen["response_stream"] = [
    "".join(e.delta for e in events if e.type == "response.output_text.delta"),
    events[-1].type,
]

vectors = client.embeddings.create(model=EMBEDDER, input=["a", "b"])
seen["vectors"] = [one.embedding for one in vectors.data]
seen["models"] = sorted(model.id for model in client.models.list())
print(json.dumps(seen))
