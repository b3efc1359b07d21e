"""How long until something happens: curves from durations, some of them cut short. Knows no suppliers."""
