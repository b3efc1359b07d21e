import numpy as np

from allocast.numerics.streams import integer_seed, stream


def draws(*key: object) -> list[float]:
    return stream(*key).random(4).tolist()  # type: ignore[arg-type]


def test_the_same_seed_and_names_give_the_same_draws() -> None:
    assert draws(7, "demand", "paths") == draws(7, "demand", "paths")


def test_another_seed_or_name_gives_other_draws() -> None:
    keys = [(7, "demand"), (8, "demand"), (7, "supply"), (7, "demand", "paths"), (7,), (7, "paths", "demand")]
    assert len({tuple(draws(*key)) for key in keys}) == len(keys)


def test_streams_of_two_names_are_not_correlated() -> None:
    one, other = stream(1, "demand").normal(size=5000), stream(1, "lead_time").normal(size=5000)
    assert abs(np.corrcoef(one, other)[0, 1]) < 0.05


def test_integer_seeds_fit_into_31_bits_and_differ_by_name() -> None:
    seeds = [integer_seed(3, "trees", str(k)) for k in range(200)]
    assert all(0 <= seed < 2**31 for seed in seeds)
    assert len(set(seeds)) == 200
    assert integer_seed(3, "trees", "0") == seeds[0]
