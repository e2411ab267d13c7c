"""What Pillow and numpy make of the test photos, for the tests beside this folder.

    pip install pillow==12.3.0 numpy==2.4.6
    python gpu-runner/nodes/image/golden/pillow.py > gpu-runner/nodes/image/golden/pillow.json

Each entry is the mode, the size and the sha256 of the raw pixels of a whole result. Where InvokeAI truncates a real
number to a byte, it is rounded here: truncating makes the neutral setting change an image.
"""

import colorsys
import hashlib
import json
import pathlib

import numpy as np
from PIL import Image, ImageCms, ImageFilter, ImageOps

PHOTOS = pathlib.Path(__file__).parents[4] / "test/support/photos"
golden = {}


def put(name, image):
    if isinstance(image, np.ndarray):
        image = Image.fromarray(image)
    digest = hashlib.sha256(image.tobytes()).hexdigest()
    golden[name] = {"mode": image.mode, "width": image.width, "height": image.height, "sha256": digest}


def rounded(array):
    return np.floor(np.clip(array, 0, 255) + 0.5).astype(np.uint8)


astronaut = Image.open(PHOTOS / "astronaut.png")
chelsea = Image.open(PHOTOS / "chelsea.png")
coffee = ImageOps.exif_transpose(Image.open(PHOTOS / "coffee.jpg"))
gray = chelsea.convert("L")
y, x = np.mgrid[0:160, 0:240]
alpha = Image.fromarray(((x * 7 + y * 13) % 256).astype(np.uint8))
veiled = chelsea.copy()
veiled.putalpha(alpha)

put("photo:astronaut", astronaut)
put("photo:chelsea", chelsea)
put("photo:coffee", coffee)
put("photo:gray", gray)
put("photo:veiled", veiled)


def resize(image, width, height, mode):
    if mode == "nearest":
        # Pillow adds up the step in floating point, which goes wrong where a centre falls between two pixels.
        columns = (2 * np.arange(width) + 1) * image.width // (2 * width)
        rows = (2 * np.arange(height) + 1) * image.height // (2 * height)
        return np.asarray(image)[rows][:, columns]
    return image.resize((width, height), Image.Resampling[mode.upper()])


for mode in ["nearest", "box", "bilinear", "hamming", "bicubic", "lanczos"]:
    put(f"resize:{mode}:astronaut:101x71", resize(astronaut, 101, 71, mode))
    put(f"resize:{mode}:chelsea:501x333", resize(chelsea, 501, 333, mode))
    put(f"resize:{mode}:gray:64x200", resize(gray, 64, 200, mode))
    put(f"resize:{mode}:veiled:90x60", resize(veiled, 90, 60, mode))
put("resize:bicubic:chelsea:240x50", resize(chelsea, 240, 50, "bicubic"))

put("crop:inside", chelsea.crop((50, 40, 150, 100)))
put("crop:beyond", chelsea.convert("RGBA").crop((-30, 100, 170, 250)))
put("pad", chelsea.convert("RGBA").crop((-10, 20, 245, 230)))


def paste(base, image, at, mask=None, crop=False):
    left, top = min(0, at[0]), min(0, at[1])
    right, bottom = max(base.width, image.width + at[0]), max(base.height, image.height + at[1])
    canvas = Image.new("RGBA", (right - left, bottom - top))
    canvas.paste(base, (-left, -top))
    canvas.paste(image, (max(0, at[0]), max(0, at[1])), mask and ImageOps.invert(mask))
    return canvas.crop((-left, -top, base.width - left, base.height - top)) if crop else canvas


put("paste:grown", paste(astronaut, chelsea, (-40, 450)))
put("paste:cropped", paste(astronaut, chelsea, (-40, 450), crop=True).convert("RGB"))
put("paste:masked", paste(astronaut, chelsea, (100, 200), alpha).convert("RGB"))
put("paste:masked, cropped", paste(astronaut, chelsea, (-40, 450), alpha, True).convert("RGB"))
put("flip:horizontal", veiled.transpose(Image.Transpose.FLIP_LEFT_RIGHT))
put("flip:vertical", gray.transpose(Image.Transpose.FLIP_TOP_BOTTOM))
put("rotate:90", chelsea.transpose(Image.Transpose.ROTATE_270))
put("rotate:180", gray.transpose(Image.Transpose.ROTATE_180))
put("rotate:-90", veiled.transpose(Image.Transpose.ROTATE_90))
boxed = astronaut.copy()
boxed.paste(veiled, (200, 100, 440, 260), veiled)
put("paste into box", boxed)

premultiplied = veiled.convert("RGBa")
for radius in [0.4, 2, 8, 300]:
    put(f"blur:gaussian:{radius}:chelsea", chelsea.filter(ImageFilter.GaussianBlur(radius)))
    put(f"blur:box:{radius}:chelsea", chelsea.filter(ImageFilter.BoxBlur(radius)))
put("blur:gaussian:3.5:gray", gray.filter(ImageFilter.GaussianBlur(3.5)))
put("blur:box:3.5:gray", gray.filter(ImageFilter.BoxBlur(3.5)))
put("blur:gaussian:3.5:veiled", premultiplied.filter(ImageFilter.GaussianBlur(3.5)).convert("RGBA"))


def unsharp(image, radius, strength):
    sharp = np.asarray(image, float)
    return rounded(sharp + (sharp - np.asarray(image.filter(ImageFilter.GaussianBlur(radius)), float)) * strength / 100)


put("unsharp:2:50:chelsea", unsharp(chelsea, 2, 50))
put("unsharp:5:150:gray", unsharp(gray, 5, 150))
put("unsharp:2:50:veiled", np.dstack([unsharp(chelsea, 2, 50), np.asarray(alpha)]))

put("convert:veiled:L", veiled.convert("L"))
put("convert:veiled:RGB", veiled.convert("RGB"))
put("convert:gray:RGBA", gray.convert("RGBA"))
put("channel:R", chelsea.getchannel("R"))
put("channel:G", chelsea.getchannel("G"))
put("channel:B", chelsea.getchannel("B"))
put("channel:A", alpha)
quarter = astronaut.crop((100, 100, 340, 260))


def multiply(one, two):
    return rounded(np.asarray(one, float) * np.asarray(two, float) / 255)


put("multiply:RGB", multiply(chelsea, quarter))
put("multiply:RGBA", multiply(veiled, quarter.convert("RGBA")))
values = np.asarray(chelsea, float)
put("lerp:40:200", rounded(40 + 160 * values / 255))
put("lerp:255:0", ImageOps.invert(chelsea))
put("ilerp:40:200", rounded(255 * (values - 40) / 160))
put("lerp:40:200:veiled", np.dstack([rounded(40 + 160 * values / 255), np.asarray(alpha)]))


def through_hsv(image, change):
    pixels = np.asarray(image)
    known = {}
    for r, g, b in {tuple(pixel) for pixel in pixels.reshape(-1, 3).tolist()}:
        hsv = change(*colorsys.rgb_to_hsv(r / 255, g / 255, b / 255))
        known[r, g, b] = [int(255 * value + 0.5) for value in colorsys.hsv_to_rgb(*hsv)]
    return np.array([known[tuple(p)] for p in pixels.reshape(-1, 3).tolist()], np.uint8).reshape(pixels.shape)


put("hue:100", through_hsv(chelsea, lambda h, s, v: ((h + 100 / 360) % 1, s, v)))
put("saturation x0.817", through_hsv(chelsea, lambda h, s, v: (h, s * 0.817, v)))
cmyk = np.asarray(chelsea.convert("CMYK")).copy()
cmyk[..., 3] = 60
put("black +60", Image.fromarray(cmyk, "CMYK").convert("RGB"))
red = np.asarray(chelsea).astype(int)
red[..., 0] += 90
put("red +90", rounded(red))
put("alpha x0.5", np.dstack([np.asarray(chelsea), rounded(np.asarray(alpha) * 0.5)]))

srgb, lab = ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB")
to_lab = ImageCms.buildTransform(srgb, lab, "RGB", "LAB")
small = chelsea.resize((12, 8), Image.Resampling.BOX)
lab_pixels = np.asarray(ImageCms.applyTransform(small, to_lab)).reshape(-1, 3)
golden["lab"] = {"rgb": np.asarray(small).reshape(-1, 3).tolist(), "lab": (lab_pixels ^ [0, 128, 128]).tolist()}
golden["ycbcr"] = np.asarray(small.convert("YCbCr")).reshape(-1, 3).tolist()

put("mask:inverted alpha", ImageOps.invert(alpha))
put("mask:combined", multiply(gray, alpha))
put("mask:at least 128", gray.point(lambda value: 255 if value >= 128 else 0))
distance = np.linalg.norm(np.asarray(chelsea, float) - [180, 120, 90], axis=-1)
put("mask:colour", ((distance < 60) * 255).astype(np.uint8))
put("mask:applied", veiled)

tile = [chelsea, coffee, quarter]
width, height, gap = max(p.width for p in tile), max(p.height for p in tile), 8
grid = Image.new("RGB", (2 * width + 3 * gap, 2 * height + 3 * gap), (255, 255, 255))
for i, part in enumerate(tile):
    left, top = gap + i % 2 * (width + gap), gap + i // 2 * (height + gap)
    grid.paste(part, (left + (width - part.width) // 2, top + (height - part.height) // 2))
put("grid", grid)
white = Image.new("RGBA", veiled.size, (255, 255, 255, 255))
put("over white", Image.alpha_composite(white, veiled).convert("RGB"))
weights = np.asarray(alpha, float)
golden["mean colours"] = {
    "chelsea": [int(v + 0.5) for v in values.mean((0, 1))],
    "veiled": [int(v + 0.5) for v in (values * weights[..., None]).sum((0, 1)) / weights.sum()]
    + [int(weights.mean() + 0.5)],
}

lines = [f"  {json.dumps(name)}: {json.dumps(entry)}" for name, entry in golden.items()]
print("{\n" + ",\n".join(lines) + "\n}")
