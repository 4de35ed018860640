"""`python -m promgen`."""

from promgen.cli import main

main()
