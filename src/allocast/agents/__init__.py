"""Learned control: environments, policy network, training loop, the trained agent as a policy."""
