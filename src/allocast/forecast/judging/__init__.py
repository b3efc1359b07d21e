"""How good forecasts are: rolling origins, scores and the tables of them."""
