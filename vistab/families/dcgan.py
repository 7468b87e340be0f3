"""The convolutional networks of DCGAN: ordinary modules for one run.

A. Radford, L. Metz, S. Chintala, "Unsupervised representation learning with deep convolutional
generative adversarial networks", 2016 (arXiv 1511.06434); kernels, widths, initialisation and
batch-norm constants as in the released code of the paper (arXiv 1807.05936). At 64 pixels and a
width of 64 the channels are 512, 256, 128, 64; smaller images have fewer stages.

Every stage halves or doubles the image with kernels of 5 x 5 and a stride of 2. These are padded as
TensorFlow's "same" is, but for a mirror: there the odd pixel of padding lies at the far end, here
at the near one. Modules take and give rows, [batch, d], whose pixels are in the order (channel,
row, column); between layers images are channels_last, which convolutions are faster in.
"""

from __future__ import annotations

from collections import OrderedDict
from itertools import pairwise

import torch
from torch import Tensor, nn

from vistab.families.networks import Linear
from vistab.spec.families import KERNEL, STAGES, DcganSpec
from vistab.targets.base import Shape

STRIDE, PADDING = 2, KERNEL // 2
WEIGHT_STD = 0.02
MOMENTUM = 0.1
"""Share of a batch in the running averages of batch norm: 1 - 0.9 in TensorFlow's words."""


class ImageBatchNorm(nn.Module):
    """Batch norm over batch and pixels of x [batch, channels, h, w], the numbers of nn.BatchNorm2d.

    In float32, whatever the precision of x; gives back that precision.
    """

    running_mean: Tensor
    running_var: Tensor

    def __init__(self, channels: int, momentum: float = MOMENTUM, eps: float = 1e-5) -> None:
        super().__init__()
        self.momentum, self.eps = momentum, eps
        self.weight = nn.Parameter(torch.ones(channels))
        self.bias = nn.Parameter(torch.zeros(channels))
        self.register_buffer("running_mean", torch.zeros(channels))
        self.register_buffer("running_var", torch.ones(channels))

    def forward(self, x: Tensor) -> Tensor:
        """Normalise x; in training mode by the batch, and update the running averages."""
        if not self.training:
            scale = self.weight * (self.running_var + self.eps).rsqrt()
            shift = self.bias - self.running_mean * scale
            return (x.float() * scale[:, None, None] + shift[:, None, None]).to(x.dtype)
        y, mean, inverse = torch.native_batch_norm(
            x.float(), self.weight, self.bias, None, None, True, 0.0, self.eps
        )
        n = x.numel() // x.shape[-3]
        variance = (inverse.detach().square().reciprocal() - self.eps) * (n / max(n - 1, 1))
        self.running_mean.mul_(1 - self.momentum).add_(mean.detach() * self.momentum)
        self.running_var.mul_(1 - self.momentum).add_(variance * self.momentum)
        return y.to(x.dtype)


class Convolution(nn.Conv2d):
    """Half as high and wide, x [batch, inputs, h, w] -> [batch, outputs, h / 2, w / 2]."""

    def __init__(self, inputs: int, outputs: int, precision: torch.dtype) -> None:
        super().__init__(inputs, outputs, KERNEL, STRIDE, PADDING)
        self.precision = precision

    def forward(self, x: Tensor) -> Tensor:
        """The convolution, computed in `precision`."""
        weight, bias = self.weight.to(self.precision), self.bias.to(self.precision)  # type: ignore[union-attr]
        return nn.functional.conv2d(x.to(self.precision), weight, bias, STRIDE, PADDING)


class TransposedConvolution(nn.ConvTranspose2d):
    """Twice as high and wide, x [batch, inputs, h, w] -> [batch, outputs, 2 h, 2 w]."""

    def __init__(self, inputs: int, outputs: int, precision: torch.dtype) -> None:
        super().__init__(inputs, outputs, KERNEL, STRIDE, PADDING, output_padding=1)
        self.precision = precision

    def forward(self, x: Tensor, output_size: list[int] | None = None) -> Tensor:
        """The transposed convolution, computed in `precision`."""
        weight, bias = self.weight.to(self.precision), self.bias.to(self.precision)  # type: ignore[union-attr]
        return nn.functional.conv_transpose2d(
            x.to(self.precision), weight, bias, STRIDE, PADDING, output_padding=1
        )


class ToImage(nn.Module):
    """Rows [batch, channels x h x w] as images [batch, channels, h, w]."""

    def __init__(self, channels: int, height: int, width: int) -> None:
        super().__init__()
        self.shape = channels, height, width

    def forward(self, rows: Tensor) -> Tensor:
        """The images, channels_last; by permuting, since vmap knows no memory formats."""
        images = rows.reshape(-1, *self.shape)
        return images.movedim(1, -1).contiguous().movedim(-1, 1)


class ToRows(nn.Module):
    """Images [batch, channels, h, w] as float32 rows [batch, channels x h x w]."""

    def forward(self, images: Tensor) -> Tensor:
        """The rows."""
        return images.flatten(1).float()


def generator(latent_dim: int, shape: Shape, spec: DcganSpec, *, batch_norm: bool) -> nn.Module:
    """z [batch, latent_dim] -> x [batch, d] in (-1, 1); ReLU, batch norm on all but the last."""
    stages, base = _stages(shape)
    precision = getattr(torch, spec.precision)
    widths = [spec.width * 2**stage for stage in reversed(range(stages))]
    layers: dict[str, nn.Module] = {
        "input": Linear(latent_dim, widths[0] * base**2),
        "image": ToImage(widths[0], base, base),
    }
    for stage, (inputs, outputs) in enumerate(zip(widths, [*widths[1:], shape[0]], strict=True)):
        if batch_norm:
            layers[f"norm{stage}"] = ImageBatchNorm(inputs)
        layers[f"activation{stage}"] = nn.ReLU(inplace=True)
        layers[f"convolution{stage}"] = TransposedConvolution(inputs, outputs, precision)
    return initialised(nn.Sequential(OrderedDict(layers, tanh=nn.Tanh(), rows=ToRows())))


def discriminator(shape: Shape, spec: DcganSpec, *, batch_norm: bool) -> nn.Module:
    """x [batch, d] -> logit of D(x) [batch, 1]; leaky ReLU 0.2, batch norm on all but the first."""
    stages, base = _stages(shape)
    precision = getattr(torch, spec.precision)
    widths = [shape[0], *(spec.width * 2**stage for stage in range(stages))]
    layers: dict[str, nn.Module] = {"image": ToImage(*shape)}
    for stage, (inputs, outputs) in enumerate(pairwise(widths)):
        layers[f"convolution{stage}"] = Convolution(inputs, outputs, precision)
        if batch_norm and stage:
            layers[f"norm{stage}"] = ImageBatchNorm(outputs)
        layers[f"activation{stage}"] = nn.LeakyReLU(0.2, inplace=True)
    layers |= {"rows": ToRows(), "output": Linear(widths[-1] * base**2, 1)}
    return initialised(nn.Sequential(OrderedDict(layers)))


def initialised(network: nn.Module) -> nn.Module:
    """The network with weights drawn from N(0, 0.02), and biases of 0; batch norm is left alone."""
    for layer in network.modules():
        if isinstance(layer, Linear | Convolution | TransposedConvolution):
            nn.init.normal_(layer.weight, std=WEIGHT_STD)
            nn.init.zeros_(layer.bias)  # type: ignore[arg-type]
    return network


def _stages(shape: Shape) -> tuple[int, int]:
    """How often an image of this shape is halved, and its side then."""
    stages = STAGES[shape[-1]]
    return stages, shape[-1] // 2**stages
