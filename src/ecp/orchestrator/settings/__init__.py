"""Settings: the guide's Kubernetes and monitoring settings."""
