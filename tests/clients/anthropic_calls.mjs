// Anthropic's SDK: anthropic_calls.mjs MODEL; prints what it saw as one line of JSON.
import Anthropic from "@anthropic-ai/sdk";

const model = process.argv[2];
const tool = {
  name: "weather",
  description: "The weather of a city",
  input_schema: { type: "object", properties: { city: { type: "string" } }, required: ["city"] },
};
const client = new Anthropic({ timeout: 30_000 });
const seen = {};

const hello = [{ role: "user", content: "hello" }];
const whole = await client.messages.create({ model, max_tokens: 64, messages: hello });
seen.whole = [whole.content[0].text, whole.stop_reason, whole.usage.output_tokens];

const times = [];
let text = "";
const stream = client.messages.stream({ model, max_tokens: 64, system: "Be short.", messages: hello });
stream.on("text", (piece) => {
  times.push(performance.now());
  text += piece;
});
const final = await stream.finalMessage();
seen.stream = [text, final.stop_reason, final.usage.output_tokens];
seen.in_pieces = times.at(-1) - times[0] > 100;

const asked = [{ role: "user", content: "weather?" }];
const call = await client.messages.create({
  model,
  max_tokens: 64,
  tools: [tool],
  tool_choice: { type: "auto" },
  messages: asked,
});
const use = call.content.find((block) => block.type === "tool_use");
seen.tool = [use.name, use.input, call.stop_reason];
const after = await client.messages.create({
  model,
  max_tokens: 64,
  tools: [tool],
  messages: [
    ...asked,
    { role: "assistant", content: call.content },
    { role: "user", content: [{ type: "tool_result", tool_use_id: use.id, content: "rain" }] },
  ],
});
seen.after = after.content[0].text;

const counted = await client.messages.countTokens({ model, messages: hello });
seen.count = counted.input_tokens;
seen.models = [];
for await (const one of client.models.list()) seen.models.push(one.id);
seen.model = (await client.models.retrieve(model)).id;
console.log(JSON.stringify(seen));
