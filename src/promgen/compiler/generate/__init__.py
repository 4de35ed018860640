"""Printers: from rules as data to the formats of their targets. They print only and decide nothing."""
