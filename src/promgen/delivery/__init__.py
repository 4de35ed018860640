"""Brings outputs to the servers that use them: plan, apply, read back, roll back."""
