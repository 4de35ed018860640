"""Tests of the repository's own content: the four systems, as committed."""
