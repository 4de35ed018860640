"""The command that executes proof tests, and the cases that users write."""
