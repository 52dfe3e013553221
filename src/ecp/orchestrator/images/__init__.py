"""Registries and versions of images; what is known of them goes to the simulator with a release."""
