"""The guide's whole installation as plain processes, and as `ecp compose` shows it."""
