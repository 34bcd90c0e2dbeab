"""Windows, frequencies and what is drawn."""

import torch

from case import case, given, x

X = x(2, 6)
WINDOWS = ("hann", "hamming", "blackman", "bartlett", "kaiser")
DRAWN = ("exponential", "geometric", "cauchy", "log_normal", "random")

CASES = [
    *(case(f"{name}_window.default", 8) for name in WINDOWS),
    case("hann_window.periodic", 8, False),
    case("hann_window.default", 8, dtype=torch.float64, variant="of a dtype"),
    case("fft_fftfreq.default", 8),
    case("fft_rfftfreq.default", 8),
    case("logspace.default", 0.0, 1.0, 4),
    case("multinomial.default", X, 2),
    case("multinomial.default", X, 1, variant="of one"),
    case("multinomial.default", X, 8, True, variant="with replacement"),
    case("multinomial.default", given(6), 8, True, variant="of a vector with replacement"),
    case("poisson.default", X),
    case("randint_like.default", X, 5),
    case("randint_like.low_dtype", X, 1, 5),
    *(case(f"{name}_.default", X, *([0.5] if name == "geometric" else [])) for name in DRAWN),
]
