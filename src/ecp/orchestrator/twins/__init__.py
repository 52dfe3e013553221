"""Twins: a running namespace of a real cluster as a simulated cluster that behaves alike."""
