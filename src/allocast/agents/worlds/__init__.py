"""What agents act in: futures, what is seen of them, what an action means, how a period passes."""
