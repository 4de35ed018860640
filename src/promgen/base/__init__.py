"""What every other part stands on: places in files, diagnostics, units and the names promgen invents. Imports nothing of promgen."""
