"""Custom resources: instances judged by the schema and the rules of their definition."""
