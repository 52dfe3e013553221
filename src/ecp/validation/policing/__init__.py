"""What admission policies say of a request: which of them it concerns, and what they make of it."""
