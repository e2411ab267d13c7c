"""Reference trajectories for the schedulers: `python3 reference.py > golden/trajectories.json` (NumPy only).

Written from the papers, in float64 and where possible in another form than the pipeline's own code: DPM-Solver++(2M)
and the ancestral sampler in the variance-exploding frame in which Karras et al. (2022) and k-diffusion state them,
x = image + sigma * noise, and scaled back afterwards. What diffusers defines as float32 (the tables of a trained
model's noise levels) is float32 here too, since the time steps and levels that follow from it are part of a
scheduler's meaning.

The model is no model of anything, so that nothing cancels: f(x, t) = 0.1 x + sin(t / 100 + i), i being the place in the
sample. Fresh noise of step k is sin(1.7 k + 2.3 i + 0.5) * sqrt(2).
"""
import json

import numpy as np

SIZE = 5
PLACE = np.arange(SIZE)

SD15 = dict(beta_start=0.00085, beta_end=0.012, beta_schedule="scaled_linear", steps_offset=1)
CONFIGS = {
    "noise, leading": dict(SD15, timestep_spacing="leading", prediction_type="epsilon"),
    "noise, unsaid spacing": dict(SD15, set_alpha_to_one=False, prediction_type="epsilon"),
    "noise, linear betas": dict(beta_schedule="linear", beta_start=0.0001, beta_end=0.02, timestep_spacing="trailing",
                                prediction_type="epsilon"),
    "velocity, leading": dict(SD15, timestep_spacing="leading", prediction_type="v_prediction"),
    "velocity, zero terminal SNR": dict(SD15, steps_offset=0, timestep_spacing="trailing", rescale_betas_zero_snr=True,
                                        prediction_type="v_prediction"),
}
STEPS = (1, 4, 17)
SCHEDULERS = ("ddim", "euler", "euler_k", "euler_a", "dpmpp_2m", "dpmpp_2m_k", "lcm")


def model(x, t):
    return 0.1 * x + np.sin(t / 100 + PLACE)


def start():
    return np.cos(2.1 * PLACE + 0.3) * 1.4


def fresh(k):
    return np.sin(1.7 * k + 2.3 * PLACE + 0.5) * np.sqrt(2)


def torch_linspace(a, b, n):
    """float32, counted from the nearer end."""
    a, b = np.float32(a), np.float32(b)
    step = (b - a) / np.float32(n - 1)
    up = a + step * np.arange(n, dtype=np.float32)
    down = b - step * np.arange(n - 1, -1, -1, dtype=np.float32)
    return np.where(np.arange(n) < n / 2, up, down).astype(np.float32)


def cumprod(a):
    return np.cumprod(a.astype(np.float64)).astype(np.float32)


def abar(config):
    """Share of the image in the variance after each training step, float32."""
    one = np.float32(1)
    if config["beta_schedule"] == "linear":
        betas = torch_linspace(config["beta_start"], config["beta_end"], 1000)
    else:
        betas = torch_linspace(config["beta_start"] ** 0.5, config["beta_end"] ** 0.5, 1000) ** 2
    alphas = one - betas
    if config.get("rescale_betas_zero_snr"):
        root = np.sqrt(cumprod(alphas))
        root = (root - root[-1]) * (root[0] / (root[0] - root[-1]))
        squares = root**2
        alphas = np.concatenate([squares[:1], squares[1:] / squares[:-1]])
        alphas = one - (one - alphas)
    return cumprod(alphas)


def spaced(config, kind, n):
    if kind == "linspace":
        return np.linspace(0, 999, n)[::-1]
    if kind == "leading":
        return (np.arange(n) * (1000 // n))[::-1] + config.get("steps_offset", 0)
    return np.round(np.arange(1000, 0, -1000 / n)) - 1


def levels(config):
    """sigma of each training step, float32."""
    a = abar(config)
    if config.get("rescale_betas_zero_snr"):
        a[-1] = 2**-24
    return np.sqrt((np.float32(1) - a) / a)


def karras(low, high, n):
    rho = 7.0
    ramp = np.linspace(0, 1, n)
    return (high ** (1 / rho) + ramp * (low ** (1 / rho) - high ** (1 / rho))) ** rho


def time_of(table, sigmas):
    """Where log sigma lies between the trained ones; what is outside of them is at their ends."""
    return np.interp(np.log(sigmas), np.log(table).astype(np.float64), np.arange(len(table)))


def image_and_noise(config, out, x, root, noise_root):
    """What the output says about x = root * image + noise_root * noise."""
    if config["prediction_type"] == "epsilon":
        return (x - noise_root * out) / root, out
    return root * x - noise_root * out, noise_root * x + root * out


def ddim(config, n):
    a = abar(config).astype(np.float64)
    final = 1.0 if config.get("set_alpha_to_one", True) else a[0]
    times = np.round(spaced(config, config.get("timestep_spacing", "leading"), n)).astype(int)
    x = start()
    path = [x]
    for t in times:
        image, noise = image_and_noise(config, model(x, t), x, np.sqrt(a[t]), np.sqrt(1 - a[t]))
        before = t - 1000 // n
        after = a[before] if before >= 0 else final
        x = np.sqrt(after) * image + np.sqrt(1 - after) * noise
        path.append(x)
    return times, None, path


def exploding(config, x, sigma, t):
    """The image that the model sees in x = image + sigma * noise."""
    scale = np.sqrt(1 + sigma**2)
    image, _ = image_and_noise(config, model(x / scale, t), x / scale, 1 / scale, sigma / scale)
    return image


def euler_levels(config, n, with_karras):
    table = levels(config)
    kind = config.get("timestep_spacing", "linspace")
    times = spaced(config, kind, n).astype(np.float32)
    sigmas = np.interp(times, np.arange(1000), table)
    if with_karras:
        sigmas = karras(sigmas[-1], sigmas[0], n)
        times = time_of(table, sigmas).astype(np.float32)
    sigmas = np.append(sigmas, 0).astype(np.float32).astype(np.float64)
    first = np.sqrt(1 + sigmas.max() ** 2) if kind == "leading" else sigmas.max()
    return times.astype(np.float64), sigmas, first


def euler(config, n, with_karras=False, ancestral=False):
    times, sigmas, first = euler_levels(config, n, with_karras)
    x = start() * first
    path = [x]
    for k, t in enumerate(times):
        here, there = sigmas[k], sigmas[k + 1]
        image = exploding(config, x, here, t)
        up = there * np.sqrt(here**2 - there**2) / here if ancestral else 0.0
        down = np.sqrt(there**2 - up**2)
        x = image + (x - image) * (down / here) + up * fresh(k)
        path.append(x)
    return times, sigmas, path


def dpmpp_2m(config, n, with_karras=False):
    table = levels(config)
    kind = config.get("timestep_spacing", "linspace")
    if with_karras:
        sigmas = karras(float(table[0]), float(table[-1]), n)
        times = np.round(time_of(table, sigmas)).astype(int)
    else:
        times = np.round(spaced(config, kind, n) if kind == "trailing" else spaced(config, kind, n + 1)[:n]).astype(int)
        sigmas = table[times].astype(np.float64)
    sigmas = np.append(sigmas, 0).astype(np.float32).astype(np.float64)
    unit = lambda y, sigma: y / np.sqrt(1 + sigma**2)
    y = start() * np.sqrt(1 + sigmas[0] ** 2)
    path = [unit(y, sigmas[0])]
    older = None
    for k, t in enumerate(times):
        here, there = sigmas[k], sigmas[k + 1]
        image = exploding(config, y, here, t)
        if there == 0:
            y = image
        else:
            h = np.log(here) - np.log(there)
            use = image
            if older is not None:
                r = (np.log(sigmas[k - 1]) - np.log(here)) / h
                use = (1 + 1 / (2 * r)) * image - older / (2 * r)
            y = there / here * y - np.expm1(-h) * use
        older = image
        path.append(unit(y, there))
    return times, sigmas, path


def lcm(config, n):
    a = abar(config).astype(np.float64)
    trained = np.arange(1, 51) * 20 - 1
    times = trained[::-1][np.floor(np.linspace(0, 50, n, endpoint=False)).astype(int)]
    x = start()
    path = [x]
    for k, t in enumerate(times):
        image, _ = image_and_noise(config, model(x, t), x, np.sqrt(a[t]), np.sqrt(1 - a[t]))
        skip = 0.25 / ((10 * t) ** 2 + 0.25)
        x = skip * x + np.sqrt(1 - skip) * image
        if k + 1 < n:
            after = a[times[k + 1]]
            x = np.sqrt(after) * x + np.sqrt(1 - after) * fresh(k)
        path.append(x)
    return times, None, path


RUN = {
    "ddim": ddim,
    "euler": euler,
    "euler_k": lambda config, n: euler(config, n, with_karras=True),
    "euler_a": lambda config, n: euler(config, n, ancestral=True),
    "dpmpp_2m": dpmpp_2m,
    "dpmpp_2m_k": lambda config, n: dpmpp_2m(config, n, with_karras=True),
    "lcm": lcm,
}


def main():
    cases = []
    for name, config in CONFIGS.items():
        for scheduler in SCHEDULERS:
            for n in STEPS:
                times, sigmas, path = RUN[scheduler](config, n)
                case = dict(name=name, scheduler=scheduler, steps=n, config=config)
                case["timesteps"] = [float(t) for t in times]
                if sigmas is not None:
                    case["sigmas"] = [float(f"{s:.9g}") for s in sigmas]
                case["path"] = [[float(f"{v:.9g}") for v in x] for x in path]
                cases.append(case)
    fixed = dict(start=list(start()), fresh=[list(fresh(k)) for k in range(max(STEPS))])
    print("{" + f'"start": {json.dumps(fixed["start"])},\n"fresh": {json.dumps(fixed["fresh"])},\n"cases": [')
    print(",\n".join(json.dumps(case) for case in cases))
    print("]}")


main()
