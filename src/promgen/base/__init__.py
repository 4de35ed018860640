"""What every other part stands on: places in files, diagnostics, units, names. Imports nothing of promgen."""
