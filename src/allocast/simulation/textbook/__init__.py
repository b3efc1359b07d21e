"""Systems of the literature whose optimal cost is known: named instances, exact solvers, classical rules."""
