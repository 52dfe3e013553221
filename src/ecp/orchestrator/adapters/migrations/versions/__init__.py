"""One file a revision, `r` and its number first; a new one: `tools/make_revision.py`."""
