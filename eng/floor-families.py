"""Rules for floors on families of cohorts, side by side on the same draws, and two oracles: the table of docs/decisions/floors-of-families.md.

Independent questions, margins, floor .18 on 40 intents by a power law (2,000 to 14). Needs numpy and scipy.
    python3 eng/floor-families.py [releases a world, 400] [draws of the null, 1999]
"""
import sys

import numpy as np
from scipy.special import log_ndtr, ndtr, ndtri, stdtr

FLOOR = .18
SIZES = np.array([int(round(2000 * c ** -1.35)) for c in range(1, 41)])
COHORTS = len(SIZES)
WORLDS = [
    ("A healthy N(.26, .03), mixture", .26, .03, [], "mixture"), ("A, tail", .26, .03, [], "tail"),
    ("A2 close N(.21, .01), mixture", .21, .01, [], "mixture"), ("A2, tail", .21, .01, [], "tail"),
    ("A3 spread N(.30, .06), mixture", .30, .06, [], "mixture"), ("A3, tail", .30, .06, [], "tail"),
    ("G N(.26, .01), one n 308 at the floor", .26, .01, [(3, .18)], "mixture"),
    ("H N(.26, .01), one n 70 at the floor", .26, .01, [(11, .18)], "mixture"),
    ("I N(.26, .01), one n 19 at the floor", .26, .01, [(30, .18)], "mixture"),
    ("B one n 19 at .08", .26, .03, [(30, .08)], "mixture"), ("C one n 70 at .14", .26, .03, [(11, .14)], "mixture"),
    ("D one n 308 at .165", .26, .03, [(3, .165)], "mixture"),
    ("E five n 14 to 35 at .12", .26, .03, [(39, .12), (34, .12), (30, .12), (25, .12), (19, .12)], "mixture"),
    ("F one n 14 at .14", .26, .03, [(39, .14)], "mixture"),
]


def values(rng, releases, n, shape):
    if shape == "mixture":
        bad = rng.random((releases, n)) < .1
        x = np.where(bad, .02 + .12 * rng.standard_normal((releases, n)), .29 + .09 * rng.standard_normal((releases, n))) - .263
    else:
        x = .12 * (2 - rng.gamma(2, 1, (releases, n))) / np.sqrt(2)
    return x + .03 * rng.standard_normal((releases, n))


def world(rng, releases, mean, spread, planted, shape):
    """Observed means, and each cohort's sums of squared and cubed deviations."""
    truth = np.maximum(FLOOR, mean + spread * rng.standard_normal((releases, COHORTS)))
    for cohort, value in planted:
        truth[:, cohort] = value
    means, squares, cubes = (np.empty((releases, COHORTS)) for _ in range(3))
    for c, n in enumerate(SIZES):
        x = values(rng, releases, min(n, 400), shape)
        own = x.mean(1)
        off = x - own[:, None]
        scale = n / x.shape[1]
        squares[:, c], cubes[:, c] = (off ** 2).sum(1) * scale, (off ** 3).sum(1) * scale
        # The mean of a large cohort is as good as normal.
        means[:, c] = truth[:, c] + (own if n <= 400 else np.sqrt(squares[:, c]) / n * rng.standard_normal(releases))
    return means, squares, cubes


def between(means, within):
    """DerSimonian and Laird, all cohorts."""
    w = SIZES / within
    q = ((means - ((means @ w) / w.sum())[..., None]) ** 2) @ w
    return np.maximum(1e-6, (q - (COHORTS - 1)) / (w.sum() - (w ** 2).sum() / w.sum()))


def between_others(means, within):
    """The same without each cohort in turn."""
    w = SIZES / within
    off = means - ((means @ w) / w.sum())[..., None]
    left = w.sum() - w
    q = ((off ** 2) @ w)[..., None] - w * off ** 2 - (w * off) ** 2 / left
    return np.maximum(1e-6, (q - (COHORTS - 2)) / (left - ((w ** 2).sum() - w ** 2) / left))


def prior_of_others(means, within):
    tau2 = between(means, within)[..., None]
    own = 1 / (tau2 + within / SIZES)
    rest = own.sum(-1, keepdims=True) - own
    return tau2, ((own * means).sum(-1, keepdims=True) - own * means) / rest, 1 / rest


def standing(means, within):
    """The statistic before: how far the shrunken mean lies below the floor, in posterior deviations."""
    tau2, prior, _ = prior_of_others(means, within)
    error = within / SIZES
    v = 1 / (1 / tau2 + 1 / error)
    return (FLOOR - v * (prior / tau2 + means / error)) / np.sqrt(v)


def ratio(means, within):
    """ln likelihood: best mean below the floor over the prior of the others where it reaches the floor."""
    _, prior, uncertain = prior_of_others(means, within)
    prior, spread, error = np.maximum(FLOOR, prior), between_others(means, within) + uncertain, within / SIZES
    total = spread + error
    shrunken, v = (prior * error + means * spread) / total, spread * error / total
    healthy = -.5 * ((means - prior) ** 2 / total + np.log(total)) + log_ndtr((shrunken - FLOOR) / np.sqrt(v)) - log_ndtr((prior - FLOOR) / np.sqrt(spread))
    return -.5 * (np.where(means < FLOOR, 0, (means - FLOOR) ** 2 / error) + np.log(error)) - healthy


def null(rng, draws, means, within, skewness):
    tau2 = between(means, within)
    w = 1 / (tau2 + within / SIZES)
    centre, tau = (w * means).sum() / w.sum(), np.sqrt(tau2)
    low = ndtr((FLOOR - centre) / tau)
    truth = np.full((draws, COHORTS), FLOOR) if centre <= FLOOR else np.maximum(FLOOR, centre + tau * ndtri(low + (1 - low) * rng.random((draws, COHORTS))))
    z = rng.standard_normal((draws, COHORTS))
    return truth + np.sqrt(within / SIZES) * (z + skewness / np.sqrt(SIZES) / 6 * (z * z - 1))


def judge(mean, spread, planted, shape, releases, draws, seed=11):
    rng = np.random.default_rng(seed)
    means, squares, cubes = world(rng, releases, mean, spread, planted, shape)
    n = SIZES.sum()
    within = squares.sum(1) / (SIZES - 1).sum()
    skewness = cubes.sum(1) / n / (squares.sum(1) / n) ** 1.5
    own = stdtr(SIZES - 1, (means - FLOOR) / np.sqrt(squares / (SIZES - 1) / SIZES))
    p = {f: np.empty_like(means) for f in (standing, ratio)}
    shrunken = np.empty_like(means)
    for r in range(releases):
        drawn = null(rng, draws, means[r], within[r], skewness[r])
        for f in p:
            greatest = np.sort(f(drawn, within[r]).max(1))
            p[f][r] = (1 + draws - np.searchsorted(greatest, f(means[r][None], within[r])[0])) / (1 + draws)
        tau2, prior, _ = prior_of_others(means[r][None], within[r])
        error = within[r] / SIZES
        shrunken[r] = ((prior * error + means[r] * tau2) / (tau2 + error))[0]
    holm = own * COHORTS      # its first step, which decides whether any cohort is proven
    share = lambda which: 100 * which.any(1).mean()
    before = (np.minimum(p[standing], holm) <= .002) & (own < .05)
    adjusted = np.minimum(p[ratio] / .95, holm / .05)
    now = [(adjusted <= .004) & (own <= level) for level in (.05, .02, .01)]
    doubtful = shrunken < FLOOR
    return [share(before), *[share(x) for x in now], share(doubtful | before),
            *[share(doubtful | now[2] | ((adjusted <= q) & (means < FLOOR))) for q in (.02, .05, .10)], share(means < FLOOR)]


def oracles(planted, levels, healthy=20_000, releases=3000):
    """Both know the healthy world A. The first looks at all cohorts by their true likelihoods; the second knows which one may fail."""
    def draw(rng, count, bad):
        truth = np.maximum(FLOOR, .26 + .03 * rng.standard_normal((count, COHORTS)))
        for c, value in bad:
            truth[:, c] = value
        noise = np.empty_like(truth)
        for c, n in enumerate(SIZES):
            noise[:, c] = deviation / np.sqrt(n) * rng.standard_normal(count) if n > 200 else np.concatenate([values(rng, 2000, n, "mixture").mean(1) for _ in range(-(-count // 2000))])[:count]
        return truth + noise

    deviation = np.sqrt(.9 * .09 ** 2 + .1 * .12 ** 2 + .9 * .1 * .27 ** 2 + .03 ** 2)
    error, spread = deviation ** 2 / SIZES, .03 ** 2

    def likelihood(means):
        total = spread + error
        v, shrunken = spread * error / total, (.26 * error + means * spread) / total
        above = -.5 * ((means - .26) ** 2 / total + np.log(total)) + log_ndtr((shrunken - FLOOR) / np.sqrt(v))
        at = log_ndtr((FLOOR - .26) / .03) - .5 * ((means - FLOOR) ** 2 / error + np.log(error))
        return -.5 * (np.where(means < FLOOR, 0, (means - FLOOR) ** 2 / error) + np.log(error)) - np.logaddexp(above, at)

    well = draw(np.random.default_rng(1), healthy, [])
    greatest = likelihood(well).max(1)
    ill = draw(np.random.default_rng(2), releases, planted)
    where = [c for c, _ in planted]
    family = [100 * (likelihood(ill)[:, where].max(1) >= np.quantile(greatest, 1 - a)).mean() for a in levels]
    told = [100 * (ill[:, where[0]] <= np.quantile(well[:, where[0]], a)).mean() for a in levels] if len(where) == 1 else []
    return family, told


if __name__ == "__main__":
    releases, draws = (int(sys.argv[i]) if len(sys.argv) > i else d for i, d in ((1, 400), (2, 1999)))
    print("| world | blocked before | blocked, own p .05 | .02 | **.01** | not passed before | not passed, q .02 | **.05** | .10 | own mean below |\n" + "|---" * 10 + "|")
    for name, mean, spread, planted, shape in WORLDS:
        print(f"| {name} | " + " | ".join(f"{x:.1f}" for x in judge(mean, spread, planted, shape, releases, draws)) + " |", flush=True)
    levels = (.004, .01, .05, .10)
    print(f"\n| world | oracle over all cohorts, level {levels} | oracle that knows the cohort |\n|---|---|---|")
    for name, _, _, planted, _ in WORLDS[9:]:
        family, told = oracles(planted, levels)
        print(f"| {name} | {', '.join(f'{x:.0f}' for x in family)} | {', '.join(f'{x:.0f}' for x in told)} |", flush=True)
