"""From the catalogue to rules: the mathematics of SLOs and alerts, one pass per file, in the order of a tuple."""
