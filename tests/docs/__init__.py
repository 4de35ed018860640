"""The documentation, executed: its examples compile, its tour prints what it says, its reference is what the code says."""
