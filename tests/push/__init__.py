"""Pushes: to an HTTP server that keeps Mimir's documented contract, and to real servers that read folders."""
