"""Inventories: recorded from real servers, kept as files, and refused where an answer is no answer."""
