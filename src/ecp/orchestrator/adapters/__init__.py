"""What reaches outside: the database, a Kubernetes API, the simulator's own API."""
