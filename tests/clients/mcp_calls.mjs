// The official MCP client: mcp_calls.mjs URL BEARER CALLS, CALLS a list of `[tool, arguments]`; prints what it saw
// as one line of JSON.
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";

const [url, bearer, calls] = process.argv.slice(2);
const headers = { Authorization: `Bearer ${bearer}` };
const transport = new StreamableHTTPClientTransport(new URL(url), { requestInit: { headers } });
const client = new Client({ name: "test", version: "1" });
await client.connect(transport);
const listed = await client.listTools();
const seen = { tools: Object.fromEntries(listed.tools.map((t) => [t.name, t.inputSchema])), results: [] };
for (const [name, given] of JSON.parse(calls)) {
  try {
    const result = await client.callTool({ name, arguments: given });
    const text = result.content.filter((c) => c.type === "text").map((c) => c.text);
    seen.results.push([Boolean(result.isError), text.join("")]);
  } catch (e) {
    seen.results.push([e.constructor.name, e.message]);
  }
}
await client.close();
console.log(JSON.stringify(seen));
