"""The Kubernetes language: kinds, quantities, selectors, patches, YAML, schemas, errors. Pure."""
