"""DCGAN's networks: layer by layer as the released code has them, and batch norm as in training."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn
from torch.nn import functional

from vistab.families import dcgan
from vistab.spec.families import STAGES, DcganSpec

CELEBA = (3, 64, 64)
GENERATOR = [  # layer, parameters, output of one image; batch norm on all but the last
    ("Linear", 100 * 8192 + 8192, (8192,)),
    ("ToImage", 0, (512, 4, 4)),
    ("ImageBatchNorm", 2 * 512, (512, 4, 4)),
    ("ReLU", 0, (512, 4, 4)),
    ("TransposedConvolution", 25 * 512 * 256 + 256, (256, 8, 8)),
    ("ImageBatchNorm", 2 * 256, (256, 8, 8)),
    ("ReLU", 0, (256, 8, 8)),
    ("TransposedConvolution", 25 * 256 * 128 + 128, (128, 16, 16)),
    ("ImageBatchNorm", 2 * 128, (128, 16, 16)),
    ("ReLU", 0, (128, 16, 16)),
    ("TransposedConvolution", 25 * 128 * 64 + 64, (64, 32, 32)),
    ("ImageBatchNorm", 2 * 64, (64, 32, 32)),
    ("ReLU", 0, (64, 32, 32)),
    ("TransposedConvolution", 25 * 64 * 3 + 3, (3, 64, 64)),
    ("Tanh", 0, (3, 64, 64)),
    ("ToRows", 0, (12288,)),
]
DISCRIMINATOR = [  # batch norm on all but the first
    ("ToImage", 0, (3, 64, 64)),
    ("Convolution", 25 * 3 * 64 + 64, (64, 32, 32)),
    ("LeakyReLU", 0, (64, 32, 32)),
    ("Convolution", 25 * 64 * 128 + 128, (128, 16, 16)),
    ("ImageBatchNorm", 2 * 128, (128, 16, 16)),
    ("LeakyReLU", 0, (128, 16, 16)),
    ("Convolution", 25 * 128 * 256 + 256, (256, 8, 8)),
    ("ImageBatchNorm", 2 * 256, (256, 8, 8)),
    ("LeakyReLU", 0, (256, 8, 8)),
    ("Convolution", 25 * 256 * 512 + 512, (512, 4, 4)),
    ("ImageBatchNorm", 2 * 512, (512, 4, 4)),
    ("LeakyReLU", 0, (512, 4, 4)),
    ("ToRows", 0, (8192,)),
    ("Linear", 8192 + 1, (1,)),
]
Row = tuple[str, int, tuple[int, ...]]


def spec(width: int = 4, **fields: Any) -> DcganSpec:
    return DcganSpec(kind="dcgan", width=width, **fields)


def layers(network: nn.Module) -> list[nn.Module]:
    return list(network.children())


def table(network: nn.Module, x: Tensor) -> list[Row]:
    """Name, parameters and output shape of each layer, for two rows of input."""
    rows = []
    for layer in layers(network):
        x = layer(x)
        rows.append(
            (type(layer).__name__, sum(p.numel() for p in layer.parameters()), tuple(x.shape[1:]))
        )
    return rows


def test_at_64_pixels_every_layer_is_that_of_the_released_code() -> None:
    with torch.device("meta"):
        generator = dcgan.generator(100, CELEBA, spec(64), batch_norm=True)
        discriminator = dcgan.discriminator(CELEBA, spec(64), batch_norm=True)
        assert table(generator, torch.zeros(2, 100)) == GENERATOR
        assert table(discriminator, torch.zeros(2, 12288)) == DISCRIMINATOR
    every = layers(generator) + layers(discriminator)
    convolutions = [one for one in every if hasattr(one, "stride")]
    assert {(one.kernel_size, one.stride) for one in convolutions} == {((5, 5), (2, 2))}  # type: ignore[comparison-overlap]
    slopes = {one.negative_slope for one in layers(discriminator) if isinstance(one, nn.LeakyReLU)}
    assert slopes == {0.2}


def test_without_batch_norm_nothing_else_changes() -> None:
    with torch.device("meta"):
        generator = dcgan.generator(100, CELEBA, spec(64), batch_norm=False)
        discriminator = dcgan.discriminator(CELEBA, spec(64), batch_norm=False)
        tables = table(generator, torch.zeros(2, 100)), table(discriminator, torch.zeros(2, 12288))
    for found, full in zip(tables, (GENERATOR, DISCRIMINATOR), strict=True):
        assert found == [row for row in full if row[0] != "ImageBatchNorm"]


@pytest.mark.parametrize("side", STAGES)
@pytest.mark.parametrize("channels", [1, 3])
def test_every_size_has_as_many_stages_as_it_says(side: int, channels: int) -> None:
    """Images end at the side they began with; channels double from the image inwards."""
    shape = (channels, side, side)
    with torch.device("meta"):
        generator = dcgan.generator(7, shape, spec(2), batch_norm=True)
        discriminator = dcgan.discriminator(shape, spec(2), batch_norm=True)
        made = table(generator, torch.zeros(2, 7))
        judged = table(discriminator, torch.zeros(2, channels * side * side))
    doubled = [channels, *(2 * 2**stage for stage in range(STAGES[side]))]
    sides = [side // 2**stage for stage in range(STAGES[side] + 1)]
    expected = [(c, s, s) for c, s in zip(doubled, sides, strict=True)]
    assert [row[2] for row in judged if row[0] == "Convolution"] == expected[1:]
    assert [row[2] for row in made if row[0] == "TransposedConvolution"] == expected[:-1][::-1]
    assert made[-1][2] == (channels * side * side,)
    assert judged[-1][2] == (1,)


def test_initial_weights_are_those_of_the_released_code() -> None:
    """N(0, 0.02) in every layer with weights; biases 0; batch norm starts as the identity."""
    torch.manual_seed(0)
    for network in (
        dcgan.generator(100, CELEBA, spec(16), batch_norm=True),
        dcgan.discriminator(CELEBA, spec(16), batch_norm=True),
    ):
        for layer in layers(network):
            if isinstance(layer, dcgan.ImageBatchNorm):
                assert (layer.weight == 1).all()
                assert (layer.bias == 0).all()
            elif isinstance(getattr(layer, "weight", None), Tensor):
                weight: Tensor = layer.weight  # type: ignore[assignment]
                n = weight.numel()
                assert weight.mean().item() == pytest.approx(0, abs=5 * 0.02 / n**0.5)
                assert weight.std().item() == pytest.approx(0.02, rel=4 / (2 * n) ** 0.5)
                assert (layer.bias == 0).all()  # type: ignore[union-attr]


def test_padding_is_tensorflows_same_but_for_a_mirror() -> None:
    """Of the 3 pixels of padding that a stride of 2 needs, "same" puts 1 before and 2 after."""
    torch.manual_seed(1)
    x = torch.randn(2, 3, 8, 8)
    layer = dcgan.Convolution(3, 4, torch.float32)
    same = functional.conv2d(
        functional.pad(x.flip(2, 3), (1, 2, 1, 2)), layer.weight.flip(2, 3), layer.bias, 2
    )
    torch.testing.assert_close(layer(x), same.flip(2, 3))


def test_transposed_convolutions_are_the_gradients_of_convolutions() -> None:
    """With the same padding: <conv x, y> = <x, transposed y>, biases aside."""
    torch.manual_seed(2)
    down = dcgan.Convolution(3, 4, torch.float32)
    up = dcgan.TransposedConvolution(4, 3, torch.float32)
    up.weight.data = down.weight.data
    for layer in (down, up):
        nn.init.zeros_(layer.bias)  # type: ignore[arg-type]
    x, y = torch.randn(1, 3, 8, 8), torch.randn(1, 4, 4, 4)
    torch.testing.assert_close((down(x) * y).sum(), (x * up(y)).sum(), rtol=1e-4, atol=1e-4)


@given(st.integers(0, 10_000), st.floats(0.01, 100), st.floats(-10, 10))
@settings(max_examples=20, deadline=None)
def test_batch_norm_is_torchs(seed: int, scale: float, shift: float) -> None:
    """Outputs and gradients in training, the running averages, and outputs in inference."""
    torch.manual_seed(seed)
    ours, theirs = dcgan.ImageBatchNorm(5), nn.BatchNorm2d(5, eps=1e-5, momentum=0.1)
    for one in (ours, theirs):
        one.weight.data, one.bias.data = torch.linspace(0.5, 2, 5), torch.linspace(-1, 1, 5)
    for _ in range(3):
        x = (scale * torch.randn(4, 5, 3, 3) + shift).requires_grad_()
        up = torch.randn(4, 5, 3, 3)
        outputs = ours(x), theirs(x)
        gradients = [torch.autograd.grad((y * up).sum(), x)[0] for y in outputs]
        torch.testing.assert_close(*outputs)
        torch.testing.assert_close(*gradients, rtol=1e-4, atol=1e-5 / scale)
    torch.testing.assert_close(ours.running_mean, theirs.running_mean)
    torch.testing.assert_close(ours.running_var, theirs.running_var, rtol=1e-3, atol=1e-6)
    ours.eval(), theirs.eval()
    torch.testing.assert_close(ours(x), theirs(x), rtol=1e-3, atol=1e-4)


def test_images_stay_channels_last_between_layers() -> None:
    """Which convolutions are faster in."""
    network = dcgan.discriminator((3, 16, 16), spec(8), batch_norm=True)
    seen: list[bool] = []
    for layer in layers(network):
        layer.register_forward_hook(lambda _, __, y: seen.append(is_channels_last(y)))
    network(torch.randn(4, 3 * 16 * 16))
    assert seen[:-2] == [True] * (len(seen) - 2)


def is_channels_last(images: Tensor) -> bool:
    return images.ndim == 4 and images.is_contiguous(memory_format=torch.channels_last)


@pytest.mark.parametrize("build", [dcgan.generator, None])
def test_in_bfloat16_convolutions_alone_are_coarse(build: Callable[..., nn.Module] | None) -> None:
    """Near the float32 network's output, not equal to it; and float32 itself."""
    outputs = []
    for precision in ("float32", "bfloat16"):
        torch.manual_seed(3)
        if build is None:
            network = dcgan.discriminator((1, 8, 8), spec(8, precision=precision), batch_norm=True)
        else:
            network = build(64, (1, 8, 8), spec(8, precision=precision), batch_norm=True)
        outputs.append(network(torch.randn(16, 64, generator=torch.Generator().manual_seed(4))))
        assert {p.dtype for p in network.parameters()} == {torch.float32}
    exact, coarse = outputs
    assert coarse.dtype == torch.float32
    assert not torch.equal(exact, coarse)
    torch.testing.assert_close(coarse, exact, rtol=0.1, atol=0.02)
