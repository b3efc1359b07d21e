"""How good survival curves are: told apart, near what came true, and true on average."""
