"""Slots and counts → service levels, budgets, burn rates, incidents, reports. Pure and exact.

Everything here is integer or rational arithmetic over run-length encoded five-second slots; floats
appear only when a figure is printed, rounded down. Nothing of ours is imported.
"""
