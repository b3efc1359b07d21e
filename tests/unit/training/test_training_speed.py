"""The fits that the figure of training speed compares with are those of the training."""

from dataclasses import replace

import lightgbm
import numpy as np
from training.training_speed import SETTINGS, fits_of, make_panel

from allocast.forecast.calibration.direct_quantiles import DirectQuantiles
from allocast.forecast.features import Features

SMALL = replace(SETTINGS, levels=(0.2, 0.9), quantile_rounds=4, smallest_leaf=20)


def test_the_fits_alone_make_the_trained_boosters():
    panel = make_panel((40, 80))
    features = Features(panel, SMALL.features, {})
    trained = DirectQuantiles.train(features, SMALL, last=79, seed=1)
    texts = [
        lightgbm.train(fit.parameters, fit.data, fit.rounds).model_to_string()
        for fit in fits_of(panel, SMALL)
    ]
    assert texts == [*trained.texts.values()]


def test_boosters_that_see_the_same_features_share_their_bins():
    fits = fits_of(make_panel((40, 80)), SMALL)
    assert len(fits) == 2 * 3 * 2  # anchors, views, levels
    assert len({id(fit.data) for fit in fits}) == 2 * 2  # anchors, and all features or the series' own
    assert all(np.shares_memory(fit.matrix, fit.data.get_data()) for fit in fits)
