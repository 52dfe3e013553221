"""Live figures over WebSocket."""
