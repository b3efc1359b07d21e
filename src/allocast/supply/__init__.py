"""When it arrives, and how much of it: purchase orders, hazard, lead times, reliability."""
