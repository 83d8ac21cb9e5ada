// Both SDKs: refused.mjs WHAT MODEL; prints the exception that it got as one line of JSON.
import Anthropic from "@anthropic-ai/sdk";
import OpenAI from "openai";

const [what, model] = process.argv.slice(2);
const hello = [{ role: "user", content: "hello" }];
const messages = (more) =>
  new Anthropic({ timeout: 30_000 }).messages.create({ model, max_tokens: 64, messages: hello, ...more });
const chat = (more) =>
  new OpenAI({ timeout: 30_000 }).chat.completions.create({
    model,
    max_completion_tokens: 64,
    messages: hello,
    ...more,
  });
const untilRefused = async (call) => {
  for (let i = 0; i < 100; i++) await call();
};

const calls = {
  "messages-model": () => messages({ model: "claude-of-somebody-else" }),
  "messages-server-tool": () => messages({ tools: [{ type: "web_search_20250305", name: "web_search" }] }),
  "messages-bound": () => messages({ max_tokens: 10_000_000, stream: true }),
  "messages-used-up": () => untilRefused(messages),
  "chat-model": () => chat({ model: "gpt-of-somebody-else" }),
  "chat-server-tool": () => chat({ web_search_options: {} }),
  "chat-used-up": () => untilRefused(chat),
};
const start = performance.now();
let seen = { error: null };
try {
  await calls[what]();
} catch (e) {
  if (!(e instanceof Anthropic.APIError || e instanceof OpenAI.APIError)) throw e;
  seen = { error: e.constructor.name, status: e.status, message: e.message };
}
seen.quick = performance.now() - start < 20_000;
console.log(JSON.stringify(seen));
