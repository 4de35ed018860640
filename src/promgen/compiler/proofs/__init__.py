"""The cases that prove what is compiled, made from the catalogue and never from a rule."""
