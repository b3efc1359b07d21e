"""From a mean to quantiles: ratios learned from outcomes, quantiles forecast directly, and corrections since."""
