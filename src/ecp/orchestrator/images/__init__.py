"""Registries, images and their versions: what of them is known goes to the simulator with a release."""
