"""Complex numbers, and Fourier transforms."""

import torch

from case import Case, Operand, case, given, p, wide, x


def z(*shape: int) -> Operand:
    """Complex numbers that want a gradient."""
    return x(*shape, dtype=torch.complex64)


REAL = x(2, 6)
COMPLEX = z(2, 6)
IMAGE = x(2, 6, 6)
SPECTRUM = z(2, 6, 4)
SOUND = x(2, 64)


def transforms(direction: str) -> list[Case]:
    """Along one axis, two and all: of what is complex."""
    return [case(f"fft_{direction}{rank}.default", z(2, 6, 6)) for rank in ("", "2", "n")]


CASES = [
    case("stft.default", SOUND, 16, 4, 16, given(16), False, True, True),
    case("stft.default", SOUND, 16, 4, 8, given(8), False, True, True, variant="of a shorter window"),
    case("stft.default", SOUND, 16, None, None, None, False, True, True, variant="without a window"),
    case("stft.default", x(64), 16, 4, 16, given(16), False, True, True, variant="of one sound"),
    wide(case("complex.default", REAL, REAL)),
    wide(case("polar.default", REAL, REAL)),
    wide(case("view_as_complex.default", x(2, 6, 2))),
    wide(case("view_as_complex.default", p(2, 6, 2), variant="of a parameter")),
    case("view_as_real.default", COMPLEX),
    case("real.default", COMPLEX),
    case("real.default", REAL, variant="of what is real"),
    case("imag.default", COMPLEX),
    case("angle.default", COMPLEX),
    case("conj.default", COMPLEX),
    case("_conj.default", COMPLEX),
    case("abs.default", COMPLEX, variant="of complex numbers"),
    case("exp.default", COMPLEX, variant="of complex numbers"),
    case("sum.default", COMPLEX, variant="of complex numbers"),
    case("linalg_vector_norm.default", COMPLEX, 2.0, [1], variant="of complex numbers"),
    case("mul.Tensor", COMPLEX, COMPLEX, variant="of complex numbers"),
    case("mul.Tensor", COMPLEX, p(6), variant="of complex numbers and a parameter"),
    case("mul.Tensor", COMPLEX, 2.0, variant="of complex numbers and a number"),
    case("matmul.default", COMPLEX, z(6, 3), variant="of complex numbers"),
    case("vdot.default", z(6), z(6)),
    case("vdot.default", x(6), x(6), variant="of what is real"),
    *transforms("fft"),
    *transforms("ifft"),
    case("fft_fft.default", REAL, variant="of what is real"),
    case("fft_fft.default", COMPLEX, 8, 1, variant="padded"),
    case("fft_fftn.default", REAL, variant="of what is real"),
    case("fft_ifft2.default", IMAGE, [8, 8], [1, 2], variant="of what is real, padded"),
    case("fft_rfft.default", REAL),
    case("fft_rfft.default", REAL, 8, 1, "ortho", variant="padded"),
    case("fft_rfft.default", REAL, 4, variant="cut"),
    case("fft_rfft2.default", IMAGE),
    case("fft_rfft2.default", IMAGE, [8, 8], [1, 2], "ortho", variant="padded"),
    case("fft_rfftn.default", IMAGE),
    case("fft_rfftn.default", IMAGE, [4, 8], variant="of the last axes"),
    case("fft_irfft.default", COMPLEX),
    case("fft_irfft.default", COMPLEX, 7, 1, variant="of an odd size"),
    case("fft_irfft2.default", SPECTRUM),
    case("fft_irfft2.default", SPECTRUM, [6, 7], [1, 2], "ortho", variant="of an odd size"),
    case("fft_irfftn.default", SPECTRUM),
    case("fft_fftshift.default", COMPLEX),
    case("fft_ifftshift.default", COMPLEX, [1]),
]
