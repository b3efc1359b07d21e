"""What would have happened: dynamics, scenarios, replay of history, the demo world."""
