"""Every check, one module each."""
