"""The simulator service on :6360: the Kubernetes façade, clusters, clock and journal over HTTP."""
