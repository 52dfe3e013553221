"""Rehearsal: manifests through validation, deployment, start-up, a day of probes, to a verdict.

`rehearse.rehearse(sources)` is the door; `rehearse.Rehearsal` is what it returns: an exit code,
text, JSON. Nothing is imported here: a service judges start-ups without a cluster to rehearse on.
"""
