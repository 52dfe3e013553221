"""What is live of a tenant: its objects, how they hang together, how each stands and why."""
