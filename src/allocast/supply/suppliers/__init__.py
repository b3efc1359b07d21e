"""Each supplier against the others: effects shrunk to what its orders can bear, drift, scorecards."""
