"""Peers that clash with our dependencies: each script here runs in the peers' own environment."""
