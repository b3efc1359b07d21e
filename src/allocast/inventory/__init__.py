"""How much, and for whom: positions, costs, lead-time demand, policies, recommendations."""
