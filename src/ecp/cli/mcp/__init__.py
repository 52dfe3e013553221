"""`ecp mcp`: what agents are offered, over stdio. `tools` says what, `serving` speaks."""
