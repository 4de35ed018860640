"""Brings outputs to servers: what would change, the changes with their undoing, and whether they arrived."""
