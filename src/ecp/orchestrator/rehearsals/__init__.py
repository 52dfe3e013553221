"""Rehearsals and campaigns of the orchestrator: asked for, carried out by workers, kept."""
