"""An agent of five numbers: the service level of each order, learned from what past windows cost."""
