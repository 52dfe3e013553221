"""`ecp`: the command line. Heavy imports stay inside the commands."""
