"""A server by the official SDK: mcp_server.py HOST PORT; its tools are as strict as their types."""

import sys

from mcp.server import MCPServer

server = MCPServer("sample")


@server.tool()
def add(a: int, b: int) -> int:
    """Adds two numbers."""
    return a + b


@server.tool()
def fail(why: str) -> str:
    """Always fails."""
    raise ValueError(why)


@server.tool()
def secret_door() -> str:
    """Is granted to nobody."""
    return "opened"


server.run(transport="streamable-http", host=sys.argv[1], port=int(sys.argv[2]))
