"""Replays recorded scenarios of a real control plane on a simulated one, and compares the two.

A scenario is a JSON file with `manifests`, `steps` and `events`; a folder has one `nodes.json`.
`python -m tests.fidelity.replay FOLDER` prints one line a scenario.
"""
