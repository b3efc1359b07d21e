"""What may be sold: features, quantile models, calibration, sample paths, baselines, judging."""
