"""The official MCP client: mcp_calls.py URL BEARER MODE CALLS; prints what it saw as one line of JSON.

CALLS is a list of `[tool, arguments]`, MODE how the version is settled: `auto` or `legacy`.
"""

import asyncio
import json
import sys

import httpx2
from mcp import Client
from mcp.client.streamable_http import streamable_http_client

URL, BEARER, MODE, CALLS = sys.argv[1:5]


async def main():
    headers = {"Authorization": f"Bearer {BEARER}"}
    async with httpx2.AsyncClient(headers=headers, timeout=30) as http:
        transport = streamable_http_client(URL, http_client=http)
        async with Client(transport, mode=MODE) as client:
            listed = await client.list_tools()
            tools = {tool.name: tool.input_schema for tool in listed.tools}
            results = []
            for name, arguments in json.loads(CALLS):
                try:
                    result = await client.call_tool(name, arguments)
                    text = "".join(c.text for c in result.content if c.type == "text")
                    results.append([bool(result.is_error), text])
                except Exception as e:
                    results.append([type(e).__name__, str(e)])
    print(json.dumps({"tools": tools, "results": results}))


asyncio.run(main())
