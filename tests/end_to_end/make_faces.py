"""Writes face-like JPEGs in the layout of CelebA: python make_faces.py FOLDER N.

FOLDER/000001.jpg ... are 178 x 218 pixels, as in CelebA's img_align_celeba, with the eyes always at
the same height. Image i is the same in every folder, however many there are.
"""

from __future__ import annotations

import argparse
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

Colour = tuple[int, int, int]

WIDTH, HEIGHT = 178, 218
SKINS = ((250, 216, 192), (229, 180, 143), (196, 140, 98), (141, 92, 60), (86, 56, 40))
HAIRS = (
    (28, 22, 20),
    (84, 54, 32),
    (158, 108, 58),
    (222, 186, 112),
    (150, 62, 30),
    (176, 176, 178),
)
EYES = ((60, 40, 28), (74, 106, 142), (80, 112, 76))
BACKGROUNDS = (
    (236, 236, 232), (40, 44, 52), (120, 150, 186), (96, 130, 88), (182, 84, 74), (214, 190, 140),
)  # fmt: skip
SHIRTS = ((40, 60, 110), (160, 40, 48), (236, 236, 236), (30, 30, 32), (92, 120, 72))


def near(rng: np.random.Generator, colours: tuple[Colour, ...], spread: float = 9) -> Colour:
    """One of the colours, a little off."""
    red, green, blue = rng.normal(colours[rng.integers(len(colours))], spread).clip(0, 255)
    return int(red), int(green), int(blue)


def ellipse(
    draw: ImageDraw.ImageDraw, x: float, y: float, a: float, b: float, fill: Colour
) -> None:
    """A filled ellipse around (x, y) with half axes a and b."""
    draw.ellipse((x - a, y - b, x + a, y + b), fill=fill)


def background(rng: np.random.Generator) -> Image.Image:
    """A colour that gets darker or lighter from top to bottom."""
    slope = np.linspace(1, rng.uniform(0.6, 1.3), HEIGHT)[:, None, None]
    plane = np.asarray(near(rng, BACKGROUNDS, 16)) * slope * np.ones((1, WIDTH, 1))
    return Image.fromarray(plane.clip(0, 255).astype(np.uint8))


def face(rng: np.random.Generator) -> Image.Image:
    """One face: hair long or short, glasses or none, mouth open or closed, turned and lit."""
    skin, hair, iris = near(rng, SKINS), near(rng, HAIRS), near(rng, EYES)
    x, y = rng.normal(89, 2), rng.normal(122, 2)
    a, b = rng.normal(39, 2.5), rng.normal(52, 3)
    turn, long, glasses = rng.normal(0, 4), rng.random() < 0.45, rng.random() < 0.12
    image = background(rng)
    draw = ImageDraw.Draw(image)
    if long:
        ellipse(draw, x, y + 18, a + 20, b + 26, hair)
    ellipse(draw, x, HEIGHT + 18, 78, 46, near(rng, SHIRTS))
    shade = tuple(int(0.82 * c) for c in skin)
    draw.rectangle((x - 15, y + 30, x + 15, HEIGHT - 22), fill=shade)
    ellipse(draw, x, y - 14, a + rng.uniform(4, 11), b + rng.uniform(-4, 6), hair)
    ellipse(draw, x, y, a, b, skin)
    fringe = rng.uniform(8, 24)
    draw.pieslice((x - a, y - b - 2, x + a, y - b + 2 * fringe), 180, 360, fill=hair)
    features(draw, rng, x + turn, y, shade, hair, iris)
    if glasses:
        for side in (-1, 1):
            where = x + turn + side * 19
            draw.ellipse((where - 14, 101, where + 14, 123), outline=(24, 24, 24), width=2)
        draw.line((x + turn - 5, 110, x + turn + 5, 110), fill=(24, 24, 24), width=2)
    return lit(image.filter(ImageFilter.GaussianBlur(rng.uniform(0.4, 1.1))), rng)


def features(
    draw: ImageDraw.ImageDraw,
    rng: np.random.Generator,
    x: float,
    y: float,
    shade: tuple[int, ...],
    hair: Colour,
    iris: Colour,
) -> None:
    """Eyes, brows, nose and mouth around the middle line x."""
    gaze, brow = rng.normal(0, 1.5), rng.uniform(11, 15)
    for side in (-1, 1):
        ellipse(draw, x + side * 19, 112, 8.5, rng.uniform(3.4, 5), (244, 242, 238))
        ellipse(draw, x + side * 19 + gaze, 112, 3.6, 3.6, iris)
        ellipse(draw, x + side * 19 + gaze, 112, 1.6, 1.6, (12, 10, 10))
        draw.line((x + side * 10, 112 - brow, x + side * 28, 113 - brow), fill=hair, width=3)
    draw.line((x, 118, x + rng.normal(0, 2), y + 18), fill=shade, width=3)
    ellipse(draw, x, y + 18, 6, 2.5, shade)
    lips, wide = near(rng, ((176, 78, 76), (150, 60, 66), (190, 104, 92))), rng.uniform(11, 19)
    if rng.random() < 0.4:
        ellipse(draw, x, y + 32, wide, rng.uniform(5, 8), lips)
        ellipse(draw, x, y + 31, wide - 4, 3, (246, 244, 238))
    else:
        ellipse(draw, x, y + 32, wide, rng.uniform(2, 4), lips)


def lit(image: Image.Image, rng: np.random.Generator) -> Image.Image:
    """The image under light from one side, with a camera's noise."""
    side = 1 + np.linspace(-1, 1, WIDTH)[None, :, None] * rng.normal(0, 0.12)
    pixels = np.asarray(image, dtype=float) * side * rng.normal(1, 0.08)
    noisy = pixels + rng.normal(0, 3, pixels.shape)
    return Image.fromarray(noisy.clip(0, 255).astype(np.uint8))


def write(folder: Path, number: int) -> None:
    """Write image `number`, counted from 1."""
    face(np.random.default_rng([20150905, number])).save(folder / f"{number:06d}.jpg", quality=92)


def make_faces(folder: Path, n: int) -> None:
    """Write n images into a folder, which is made where it is missing."""
    folder.mkdir(parents=True, exist_ok=True)
    with ThreadPoolExecutor() as pool:
        list(pool.map(lambda number: write(folder, number), range(1, n + 1)))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("n", type=int)
    given = parser.parse_args()
    make_faces(given.folder, given.n)
