"""What generators print: rules in groups in files, every object with its origin. Decides nothing."""
