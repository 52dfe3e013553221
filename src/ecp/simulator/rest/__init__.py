"""The simulator's own API under /api/v1: clusters, their clocks, snapshots and forks."""
