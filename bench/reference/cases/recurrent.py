"""Single steps; whole layers run in cuDNN, whose reserve only a GPU tells the size of."""

from case import Case, case, p, x

X = x(2, 6)
H = x(2, 4)


def cell(name: str, gates: int, *state: object, biases: bool = True, variant: str = "") -> Case:
    """A step from six features and four units."""
    rows = 4 * gates
    weights = [p(rows, 6), p(rows, 4), *([p(rows), p(rows)] if biases else [])]
    return case(f"{name}.default", X, *state, *weights, variant=variant)


CASES = [
    cell("lstm_cell", 4, [H, x(2, 4)]),
    cell("lstm_cell", 4, [H, x(2, 4)], biases=False, variant="without biases"),
    cell("gru_cell", 3, H),
    cell("gru_cell", 3, H, biases=False, variant="without biases"),
    cell("rnn_tanh_cell", 1, H),
    cell("rnn_relu_cell", 1, H),
]
