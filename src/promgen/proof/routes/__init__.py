"""Who is told of an alert, and the proof that everyone is told who must be."""
