"""Who is told: the tree of routes, the receivers at its ends, when they are quiet, and which alerts make others quiet."""

from promgen.compiler.lower.routing.configuration import lower_routing

__all__ = ["lower_routing"]
