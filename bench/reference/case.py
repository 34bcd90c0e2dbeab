"""One call of one operator, on tensors that are described by their shapes."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import torch


@dataclass(frozen=True)
class Operand:
    """A tensor among the arguments. `tracked` is an activation that wants a gradient; `given` is part of the batch."""

    role: str
    shape: tuple[int, ...]
    dtype: torch.dtype = torch.float32
    order: tuple[int, ...] | None = None

    def permuted(self, *order: int) -> "Operand":
        """The same with its axes exchanged: not contiguous."""
        return replace(self, order=order)

    @property
    def is_lowered(self) -> bool:
        """Whether autocast may have made it: an activation that is float32 without."""
        return self.role == "tracked" and self.dtype == torch.float32

    def make(self, device: str) -> torch.Tensor:
        """Zeros, which are indices and lengths, too; ones are true and no divisor is 0."""
        fill = torch.zeros if self.dtype == torch.int64 else torch.ones
        return fill(self.shape, dtype=self.dtype, device=device)


def x(*shape: int, dtype: torch.dtype = torch.float32) -> Operand:
    """An activation that wants a gradient."""
    return Operand("tracked", shape, dtype)


def p(*shape: int) -> Operand:
    """A parameter."""
    return Operand("parameter", shape)


def frozen(*shape: int) -> Operand:
    """A parameter that is not trained."""
    return Operand("frozen", shape)


def b(*shape: int) -> Operand:
    """A buffer."""
    return Operand("buffer", shape)


def given(*shape: int, dtype: torch.dtype = torch.float32) -> Operand:
    """Part of the batch: it wants no gradient."""
    return Operand("given", shape, dtype)


def ints(*shape: int) -> Operand:
    """Indices."""
    return given(*shape, dtype=torch.int64)


def bools(*shape: int) -> Operand:
    """A mask."""
    return given(*shape, dtype=torch.bool)


@dataclass(frozen=True)
class Case:
    """`target` is called with `arguments`, among which operands stand for tensors; so are the named ones, `options`."""

    target: str
    arguments: tuple[Any, ...]
    options: dict[str, Any] = field(default_factory=dict)
    """What tells the case from others of its target."""
    variant: str = ""
    """The operator that CUDA runs in its place where that is chosen by the GPU, and what it is called with."""
    on_cuda: "Case | None" = None
    """Whether the module returns the first of its outputs alone, as models do with statistics beside a tensor."""
    is_first: bool = False
    """Whether PyTorch has no kernel of it in 16 bits, which autocast would put in front of it."""
    is_wide: bool = False
    """Whether PyTorch finds the shapes of its outputs by its kernel alone, of which only that of the CPU can run here."""
    is_on_host: bool = False

    @property
    def name(self) -> str:
        return f"{self.target} {self.variant}".strip()

    def run(self, tensors: list[torch.Tensor]) -> Any:
        """Calls the operator with these tensors in the places of the operands."""
        waiting = iter(tensors)
        arguments = [mapped(argument, lambda _: next(waiting)) for argument in self.arguments]
        options = {name: mapped(value, lambda _: next(waiting)) for name, value in self.options.items()}
        result = operator(self.target)(*arguments, **options)
        return result[0] if self.is_first else result

    @property
    def operands(self) -> list[Operand]:
        """Every tensor of the call, in order."""
        found: list[Operand] = []
        for argument in [*self.arguments, *self.options.values()]:
            mapped(argument, found.append)
        return found


def case(target: str, *arguments: Any, variant: str = "", **options: Any) -> Case:
    """A call as one would write it."""
    return Case(target, arguments, options, variant)


def first(of: Case, variant: str = "") -> Case:
    """The call, of whose outputs the first is returned."""
    return replace(of, is_first=True, variant=variant)


def wide(of: Case) -> Case:
    """The call, of which there is none in 16 bits."""
    return replace(of, is_wide=True)


def on_host(of: Case) -> Case:
    """The call, made on the CPU."""
    return replace(of, is_on_host=True)


def mapped(argument: Any, change: Callable[[Operand], Any]) -> Any:
    """An argument with its operands changed, in lists too."""
    if isinstance(argument, Operand):
        return change(argument)
    return [mapped(each, change) for each in argument] if isinstance(argument, list) else argument


def operator(target: str) -> Callable[..., Any]:
    """`relu.default` of aten."""
    name, overload = target.split(".")
    return getattr(getattr(torch.ops.aten, name), overload)


class Operator(torch.nn.Module):
    """The module around a case: one parameter that is added to each tracked input, then the call."""

    def __init__(self, case: Case, device: str) -> None:
        super().__init__()
        self.case = case
        dtypes = [operand.dtype for operand in case.operands if operand.role == "tracked"]
        self.shift = torch.nn.Parameter(torch.zeros(1, device=device, dtype=dtypes[0] if dtypes else torch.float32))
        self.held: dict[int, str] = {}
        for index, operand in enumerate(case.operands):
            if operand.role not in ("tracked", "given"):
                self.hold(index, operand, device)

    def hold(self, index: int, operand: Operand, device: str) -> None:
        """Registers a parameter or a buffer: `p0`, `b3`."""
        self.held[index] = name = f"{'b' if operand.role == 'buffer' else 'p'}{index}"
        tensor = operand.make(device)
        if operand.role == "buffer":
            self.register_buffer(name, tensor)
        else:
            self.register_parameter(name, torch.nn.Parameter(tensor, operand.role == "parameter"))

    def prepared(self, batch: tuple[torch.Tensor, ...]) -> list[torch.Tensor]:
        """The operands' tensors, in order."""
        waiting = iter(batch)
        tensors: list[torch.Tensor] = []
        for index, operand in enumerate(self.case.operands):
            tensor = getattr(self, self.held[index]) if index in self.held else next(waiting)
            tensors.append(tensor + self.shift if operand.role == "tracked" else tensor)
        return tensors

    def call(self, tensors: list[torch.Tensor]) -> Any:
        """The operator on prepared tensors."""
        operands = zip(self.case.operands, tensors, strict=True)
        return self.case.run(
            [tensor.permute(operand.order) if operand.order else tensor for operand, tensor in operands]
        )

    def forward(self, *batch: torch.Tensor) -> Any:
        return self.call(self.prepared(batch))

    def batch(self, device: str) -> tuple[torch.Tensor, ...]:
        """What the module is called with."""
        operands = self.case.operands
        return tuple(operand.make(device) for operand in operands if operand.role in ("tracked", "given"))
