"""What the fields of a kind are: what editors complete by and explain from."""
