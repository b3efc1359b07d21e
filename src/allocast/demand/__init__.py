"""What was sold: the demand panel, its calendar and its patterns."""
