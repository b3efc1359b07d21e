"""Publishers' own layouts, turned into Allocast's tables."""
