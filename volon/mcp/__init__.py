"""The MCP server, `volon mcp`: the only place where its SDK is imported, and only by that command."""
