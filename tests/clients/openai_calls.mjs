// OpenAI's SDK: openai_calls.mjs MODEL EMBEDDER; prints what it saw as one line of JSON.
import OpenAI from "openai";

const [model, embedder] = process.argv.slice(2);
const parameters = { type: "object", properties: { city: { type: "string" } }, required: ["city"] };
const client = new OpenAI({ timeout: 30_000 });
const seen = {};

const messages = [{ role: "user", content: "hello" }];
const bound = { model, max_completion_tokens: 64 };
const whole = await client.chat.completions.create({ ...bound, messages });
seen.whole = [whole.choices[0].message.content, whole.usage.completion_tokens];

const times = [];
let text = "";
let usages = [];
for await (const chunk of await client.chat.completions.create({ ...bound, messages, stream: true })) {
  if (chunk.usage) usages.push(chunk.usage.completion_tokens);
  for (const choice of chunk.choices) {
    times.push(performance.now());
    text += choice.delta.content ?? "";
  }
}
seen.stream = [text, usages];
seen.in_pieces = times.at(-1) - times[0] > 100;
usages = [];
for await (const chunk of await client.chat.completions.create({
  ...bound,
  messages,
  stream: true,
  stream_options: { include_usage: true },
})) {
  if (chunk.usage) usages.push(chunk.usage.completion_tokens);
}
seen.stream_usage = usages;

const asked = [{ role: "user", content: "weather?" }];
const tools = [{ type: "function", function: { name: "weather", parameters } }];
const call = await client.chat.completions.create({ ...bound, messages: asked, tools });
const [use] = call.choices[0].message.tool_calls;
seen.tool = [use.function.name, JSON.parse(use.function.arguments)];
const after = await client.chat.completions.create({
  ...bound,
  tools,
  messages: [
    ...asked,
    {
      role: "assistant",
      tool_calls: [
        { id: use.id, type: "function", function: { name: "weather", arguments: use.function.arguments } },
      ],
    },
    { role: "tool", tool_call_id: use.id, content: "rain" },
  ],
});
seen.after = after.choices[0].message.content;

const response = { model, input: "hello", max_output_tokens: 64 };
const answer = await client.responses.create(response);
seen.response = [answer.output_text, answer.usage.output_tokens];
let last;
let delta = "";
for await (const event of await client.responses.create({ ...response, stream: true })) {
  last = event.type;
  if (event.type === "response.output_text.delta") delta += event.delta;
}
seen.response_stream = [delta, last];

const vectors = await client.embeddings.create({ model: embedder, input: ["a", "b"] });
seen.vectors = vectors.data.map((one) => one.embedding);
seen.models = [];
for await (const one of client.models.list()) seen.models.push(one.id);
seen.models.sort();
console.log(JSON.stringify(seen));
