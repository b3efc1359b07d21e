"""Purchase orders as they are: placed, promised, received in parts, cancelled or still open."""
