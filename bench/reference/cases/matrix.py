"""Linear algebra: inverses, determinants, solutions and factors, of which there are no kernels in 16 bits."""

from case import case, frozen, p, wide, x

BATCH = x(3, 4, 4)
RIGHT = x(3, 4, 2)
WIDE = x(3, 4, 6)
TALL = x(3, 6, 4)
SQUARE = """
    linalg_inv inverse linalg_inv_ex linalg_det det linalg_slogdet slogdet logdet linalg_cholesky linalg_cholesky_ex
    linalg_qr linalg_svd linalg_svdvals linalg_eigh linalg_eigvalsh
""".split()
POWERS = (1, 2, 3, 4, 5, 7)
ORDERS = (2.0, -2.0, 1.0, -1.0, float("inf"), float("-inf"))

CASES = [
    *(wide(case(f"{name}.default", BATCH)) for name in SQUARE),
    wide(case("linalg_inv.default", x(4, 4), variant="of one matrix")),
    wide(case("linalg_det.default", x(4, 4), variant="of one matrix")),
    wide(case("linalg_solve.default", BATCH, RIGHT)),
    wide(case("linalg_solve.default", BATCH, x(4, 2), variant="of one right side")),
    wide(case("linalg_solve.default", p(4, 4), x(4), variant="of a vector")),
    wide(case("linalg_solve.default", frozen(4, 4), RIGHT, variant="frozen")),
    wide(case("linalg_solve.default", BATCH, x(3, 2, 4), left=False, variant="from the right")),
    wide(case("linalg_solve_ex.default", BATCH, RIGHT)),
    wide(case("linalg_solve_triangular.default", BATCH, RIGHT, upper=True)),
    wide(case("linalg_solve_triangular.default", p(4, 4), RIGHT, upper=False, variant="of one matrix")),
    *(wide(case("linalg_qr.default", operand, variant=name)) for operand, name in ((WIDE, "wide"), (TALL, "tall"))),
    wide(case("linalg_qr.default", TALL, "complete", variant="complete")),
    *(wide(case("linalg_svd.default", operand, variant=name)) for operand, name in ((WIDE, "wide"), (TALL, "tall"))),
    wide(case("linalg_svd.default", WIDE, False, variant="reduced")),
    wide(case("linalg_svdvals.default", WIDE, variant="wide")),
    case("linalg_vecdot.default", x(2, 6), x(2, 6)),
    case("linalg_vecdot.default", x(2, 3, 6), p(3, 1), dim=1, variant="of an axis"),
    case("linalg_multi_dot.default", [x(2, 3), x(3, 4)], variant="of two"),
    case("linalg_multi_dot.default", [x(2, 3), x(3, 4), x(4, 5)]),
    case("linalg_multi_dot.default", [x(6, 5), x(5, 4), x(4, 2)], variant="from the right"),
    case("linalg_multi_dot.default", [x(3), x(3, 4), x(4)], variant="of vectors"),
    case("chain_matmul.default", [x(2, 3), x(3, 4), x(4, 5)]),
    *(case("matrix_power.default", BATCH, power, variant=f"of {power}") for power in POWERS),
    *(wide(case("matrix_power.default", BATCH, power, variant=f"of {power}")) for power in (-1, -2)),
    case("linalg_matrix_power.default", BATCH, 3),
    *(wide(case("linalg_matrix_norm.default", BATCH, order, variant=f"of order {order}")) for order in ORDERS),
    *(wide(case("linalg_matrix_norm.str_ord", WIDE, order, variant=f"of order {order}")) for order in ("fro", "nuc")),
    wide(case("linalg_norm.ord_str", x(4, 4), "nuc", variant="of singular values")),
]
