"""Anthropic's SDK: anthropic_calls.py MODEL; prints what it saw as one line of JSON."""

import json
import sys
import time

import anthropic

MODEL = sys.argv[1]
TOOL = {
    "name": "weather",
    "description": "The weather of a city",
    "input_schema": {
        "type": "object",
        "properties": {"city": {"type": "string"}},
        "required": ["city"],
    },
}
client = anthropic.Anthropic(timeout=30)
seen = {}

HELLO = [{"role": "user", "content": "hello"}]
whole = client.messages.create(model=MODEL, max_tokens=64, messages=HELLO)
seen["whole"] = [whole.content[0].text, whole.stop_reason, whole.usage.output_tokens]

times, text = [], ""
with client.messages.stream(
    model=MODEL, max_tokens=64, system="Be short.", messages=HELLO
) as stream:
    for piece in stream.text_stream:
        times.append(time.monotonic())
        text += piece
    final = stream.get_final_message()
seen["stream"] = [text, final.stop_reason, final.usage.output_tokens]
seen["in_pieces"] = times[-1] - times[0] > 0.1

asked = [{"role": "user", "content": "weather?"}]
call = client.messages.create(
    model=MODEL, max_tokens=64, tools=[TOOL], tool_choice={"type": "auto"}, messages=asked
)
use = next(block for block in call.content if block.type == "tool_use")
seen["tool"] = [use.name, use.input, call.stop_reason]
result = {"type": "tool_result", "tool_use_id": use.id, "content": "rain"}
after = client.messages.create(
    model=MODEL,
    max_tokens=64,
    tools=[TOOL],
    messages=asked
    + [
        {"role": "assistant", "content": [block.to_dict() for block in call.content]},
        {"role": "user", "content": [result]},
    ],
)
seen["after"] = after.content[0].text

counted = client.messages.count_tokens(model=MODEL, messages=HELLO)
seen["count"] = counted.input_tokens
seen["models"] = [model.id for model in client.models.list()]
seen["model"] = client.models.retrieve(MODEL).id
print(json.dumps(seen))
