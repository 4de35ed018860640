"""The output as a value first (a tree, a plan, a drift), and only then an effect: one change on disk."""
