import numpy as np

from allocast.numerics.keyed_uniforms import keyed_uniforms


def names(n: int) -> np.ndarray:
    return np.array([f"PO-{k:06d}" for k in range(n)], dtype=object)


def test_a_key_keeps_its_numbers_whoever_else_is_there() -> None:
    all_of_them, few = keyed_uniforms(names(50), 8, seed=3), keyed_uniforms(names(50)[[7, 3, 7]], 8, seed=3)
    np.testing.assert_array_equal(few, all_of_them[[7, 3, 7]])


def test_the_first_numbers_of_a_key_do_not_depend_on_how_many_are_asked_for() -> None:
    np.testing.assert_array_equal(
        keyed_uniforms(names(5), 100, seed=0)[:, :9], keyed_uniforms(names(5), 9, seed=0)
    )


def test_numbers_are_uniform_and_independent_across_keys_draws_and_seeds() -> None:
    one, other = keyed_uniforms(names(2000), 50, seed=1), keyed_uniforms(names(2000), 50, seed=2)
    assert ((one >= 0) & (one < 1)).all()
    counts = np.bincount((one * 20).astype(int).ravel(), minlength=20)
    np.testing.assert_allclose(counts, 5000, rtol=0.06)
    pairs = [(one[:, 0], one[:, 1]), (one[:-1, 0], one[1:, 0]), (one.ravel(), other.ravel())]
    assert all(abs(np.corrcoef(*pair)[0, 1]) < 0.06 for pair in pairs)


def test_no_keys_and_no_draws_are_fine() -> None:
    assert keyed_uniforms(names(0), 4, seed=1).shape == (0, 4)
    assert keyed_uniforms(names(3), 0, seed=1).shape == (3, 0)
