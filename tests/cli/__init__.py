"""The command line as its users meet it: what it prints, and the code it ends with."""
