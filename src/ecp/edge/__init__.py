"""What both services share at their edge: the error body, the table of ports, the settings."""
