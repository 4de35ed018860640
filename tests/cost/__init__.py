"""What rules cost: the estimate, compared with what real servers count, and the budget of a project."""
