"""The wire format: what may be written in a specification, version by version. Knows shapes, not meanings."""
