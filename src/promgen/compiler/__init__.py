"""From specification files to rules: source > spec > resolve > check > lower > generate > output."""
