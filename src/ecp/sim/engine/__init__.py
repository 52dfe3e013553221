"""Clock, timers and chance. Knows nothing of Kubernetes."""
