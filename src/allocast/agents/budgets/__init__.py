"""Money that many series share."""
