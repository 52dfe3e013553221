"""A statement as people get it: CSV, HTML, PDF, and the pack with which anybody can check it."""
