"""The rules of one SLO: a base pair of event rates, and everything else recorded from it."""
