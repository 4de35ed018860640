"""What `promgen diff` sees, what it leaves out, and how it says it."""
