"""Numbers without a domain: random streams, discrete distributions, checks."""
