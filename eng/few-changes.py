#!/usr/bin/env python3
"""Coverage of two-sided 95 % intervals of a difference when few questions change.

0/1 measures, independent questions: every table is summed with its probability, nothing is drawn. Other measures and questions that share
a document: drawn with a fixed seed. Prints the tables of docs/decisions/intervals-with-few-changes.md. Needs numpy; takes some three minutes.
"""
from math import comb

import numpy as np

Z = 1.959963984540054
FALLS = (0, .1, .2, .3, .4, .5, .6, .8, 1)          # true falls, as a part of the share that changes
SIZES = (30, 50, 73, 100, 150, 300)
CHANGES = (.03, .05, .10, .15, .20, .30)
REPEATS = 20000


def tango_holds(w, l, n, d):
    b = (2 * n - w + l) * d - w - l
    c = -l * d * (1 - d)
    r = np.sqrt(np.maximum(0, b * b - 8 * n * c))
    share = np.where(b <= 0, (r - b) / (4 * n), -2 * c / np.where(r + b > 0, r + b, 1))
    v = n * (2 * share + d * (1 - d))
    e = w - l - n * d
    return np.where(v > 1e-12, np.abs(e) / np.sqrt(np.maximum(v, 1e-12)) <= Z, np.abs(e) < 1e-9)


def wald_holds(add):
    """add 0: Wald; .5 to each: Jeffreys-like; 1 to each: Bonett and Price 2012."""
    def holds(w, l, n, d):
        m = n + 2 * add
        pw, pl = (w + add) / m, (l + add) / m
        return np.abs(pw - pl - d) <= Z * np.sqrt((pw + pl - (pw - pl) ** 2) / m) + 1e-12
    return holds


RULES = [("Tango (printed)", tango_holds), ("Wald + 1/2", wald_holds(.5)), ("Bonett and Price", wald_holds(1))]


def tables(n, changes, fall):
    """Every table of won and lost with its probability, and the true difference."""
    wins, loses = changes * (1 - fall) / 2, changes * (1 + fall) / 2
    most = min(n, int(n * changes + 9 * np.sqrt(n * changes) + 9))
    w, l = np.meshgrid(np.arange(most + 1), np.arange(most + 1), indexing="ij")
    logs = np.concatenate([[0], np.cumsum(np.log(np.arange(1, n + 1)))])
    left = np.maximum(0, n - w - l)
    lg = logs[n] - logs[w] - logs[l] - logs[left] + left * np.log(1 - changes) + l * np.log(loses) + np.where(w > 0, w * np.log(max(wins, 1e-300)), 0)
    return w, l, np.where(w + l <= n, np.exp(lg), 0), wins - loses


def coverage(n, changes, fall, holds):
    w, l, p, d = tables(n, changes, fall)
    return 100 * (p * holds(w, l, n, d)).sum()


def exact(n, changes, fall):
    """For Tango's: changes seen, their probability, and that of holding the truth with them."""
    w, l, p, d = tables(n, changes, fall)
    return (w + l).ravel(), p.ravel(), (p * tango_holds(w, l, n, d)).ravel()


def t_quantile(degrees):
    """Of 2.5 %, by Cornish and Fisher's expansion: right to a ten-thousandth from 20 degrees on."""
    v, z = degrees, Z
    return z + (z**3 + z) / (4 * v) + (5 * z**5 + 16 * z**3 + 3 * z) / (96 * v**2) + (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / (384 * v**3)


def graded(value, least_width=False):
    """A measure of the rank of the right document, 1 to 10 or beyond: t, and where nothing changed the least width that n can prove.

    Of two ranks drawn apart from each other the better one was there before with (1 + fall) / 2. With least_width t is never below that width."""
    values = np.append([value(r) for r in range(1, 11)], 0)
    ranks = np.array([.35] + [.4 / 9] * 9 + [.25])
    better, worse = np.triu_indices(11, 1)
    share = ranks[better] * ranks[worse] / (ranks[better] * ranks[worse]).sum()
    size = values[better] - values[worse]

    def draw(n, changes, fall):
        shares = np.concatenate([[1 - changes], changes * share * (1 + fall) / 2, changes * share * (1 - fall) / 2])
        differences = np.concatenate([[0], -size, size])
        seen = np.random.default_rng(1).multinomial(n, shares, size=REPEATS)
        mean = seen @ differences / n
        error = np.sqrt(np.maximum(0, (seen @ differences**2 - n * mean**2) / (n - 1) / n))
        floor = 1 - .025 ** (1 / n)
        half = np.where(seen[:, 0] == n, floor, t_quantile(n - 1) * error)
        half = np.maximum(half, floor) if least_width else half
        return drawn(n - seen[:, 0], np.abs(mean - shares @ differences) <= half)
    return draw


def pages(within, count):
    """0/1 questions, two a document on average: a document is touched, its questions change one way, each with probability `within`. Tango by design effect."""
    def draw(n, changes, fall):
        random = np.random.default_rng(2)
        starts = np.flatnonzero(np.isin(np.arange(n) % 13, (0, 1, 3, 6, 8, 10)))      # 1, 2, 3, 2, 2, 3 questions, and again
        sizes = np.diff(np.append(starts, n))
        shape = (REPEATS, len(sizes))
        changed = np.repeat(random.random(shape) < changes / within, sizes, axis=1) & (random.random((REPEATS, n)) < within)
        x = np.where(changed, np.repeat(np.where(random.random(shape) < (1 + fall) / 2, -1., 1.), sizes, axis=1), 0)
        w, l, deviation = (x > 0).sum(1), (x < 0).sum(1), x - x.mean(1, keepdims=True)
        between = (np.add.reduceat(deviation, starts, axis=1) ** 2).sum(1) * len(sizes) / (len(sizes) - 1) / n**2
        single = np.maximum((deviation**2).sum(1) / (n - 1) / n, 1e-300)
        effect = np.where(w + l == 0, (sizes**2).sum() / n, np.clip(between / single, 1, n))
        seen = (np.add.reduceat(changed, starts, axis=1) > 0).sum(1) if count == "documents" else w + l
        return drawn(seen, tango_holds(w / effect, l / effect, n / effect, -changes * fall))
    return draw


def drawn(seen, holds):
    return seen, np.full(len(seen), 1 / len(seen)), holds / len(seen)


KINDS = [
    ("0/1, exact", exact, 5), ("0/1, two a document, changed documents counted", pages(.6, "documents"), 5), ("the same, changed questions counted", pages(.6, "questions"), 5),
    ("reciprocal rank", graded(lambda r: 1 / r), 10), ("nDCG", graded(lambda r: 1 / np.log2(r + 1)), 10)]


def study(kind):
    return {(n, c, f): kind(n, c, f) for n in SIZES for c in CHANGES for f in FALLS}


def given(cell, condition):
    """Probability of the condition, and coverage in percent under it."""
    seen, p, holds = cell
    chosen = condition(seen)
    likely = p[chosen].sum()
    return likely, 100 * holds[chosen].sum() / likely if likely > 0 else np.nan


def spread(values):
    return f"{values[0]:.1f}, {min(values):.1f}, {np.mean(values):.1f}"


def print_conditional(cells, least):
    print(f"| n | change | expected changes | P({least} or more) % | all: no fall, least, mean | {least} or more | fewer |\n" + "|---" * 7 + "|")
    for n in SIZES:
        for c in CHANGES:
            own = [cells[n, c, f] for f in FALLS]
            plain, marked = [given(o, lambda m: m >= least) for o in own], [given(o, lambda m: m < least) for o in own]
            if min(p for p, _ in plain) >= .995:
                continue
            print(f"| {n} | {100 * c:.0f} % | {n * c:.1f} | {100 * plain[0][0]:.1f} | " + spread([given(o, lambda m: m >= 0)[1] for o in own]) + " | "
                  + " | ".join(spread([k for _, k in side]) if min(p for p, _ in side) >= .01 else "seldom" for side in (plain, marked)) + " |")


def print_thresholds(name, cells):
    for least in (0, 3, 4, 5, 6, 7, 8, 10, 12):
        plain = [k for p, k in (given(c, lambda m: m >= least) for c in cells.values()) if p >= .5]
        marked = [k for p, k in (given(c, lambda m: m < least) for c in cells.values()) if p >= .5]
        low, high = (100 * np.mean([out(k) for k in plain]) for out in (lambda k: k < 93.5, lambda k: k > 97))
        print(f"| {name} | {least} | {low:.1f} | {high:.1f} | {min(plain):.1f} to {max(plain):.1f} | {f'{min(marked):.1f} to {max(marked):.1f}' if marked else ''} |")


def print_rules():
    print("| n | change | expected changes | P(no change) % | " + " | ".join(f"{name}: no fall, least, mean" for name, _ in RULES) + " |\n" + "|---" * (4 + len(RULES)) + "|")
    for n in (30, 50, 75, 100, 150, 200, 300):
        for c in (.03, .10):
            cells = [spread([coverage(n, c, f, holds) for f in FALLS]) for _, holds in RULES]
            print(f"| {n} | {100 * c:.0f} % | {n * c:.1f} | {100 * (1 - c) ** n:.1f} | " + " | ".join(cells) + " |")


def print_bounds():
    # An interval that leaves 0 out of (won, lost) does so where more is won or less lost. Its least one-way table, k to 0, then bounds its coverage.
    print("| n | change | k 1 | 2 | 3 | 4 | 5 | 6 | reached between 93.5 and 97 |\n" + "|---" * 9 + "|")
    for n, c in ((30, .03), (40, .03), (50, .03), (75, .03), (100, .03), (30, .05), (30, .10)):
        cells, reached = [], False
        for k in range(1, 7):
            own = [coverage(n, c, 0, lambda w, l, n, d, out=out: ~(out(w, l) | out(l, w))) for out in (lambda w, l: (w >= k) & (w > l), lambda w, l: (w >= k) & (l == 0))]
            reached |= own[0] <= 97 and own[1] >= 93.5
            cells.append(f"{own[0]:.1f} to {own[1]:.1f}")
        print(f"| {n} | {100 * c:.0f} % | " + " | ".join(cells) + f" | {'may be' if reached else 'never'} |")


def print_shares():
    """Wilson's interval of a share, under a condition on the rarer of the two outcomes; every count is summed with its probability."""
    print("| unmarked from | cells below 93.5, % | above 97, % | unmarked | marked |\n" + "|---" * 5 + "|")
    for least in (0, 1, 2, 3, 4, 5, 6, 8, 10):
        plain, marked = [], []
        for n in SIZES:
            x = np.arange(n + 1)
            middle, half = (x / n + Z * Z / (2 * n)) / (1 + Z * Z / n), Z * np.sqrt(x * (n - x) / n ** 3 + Z * Z / (4 * n * n)) / (1 + Z * Z / n)
            ways = np.array([float(comb(n, k)) for k in x])
            for share in (.01, .02, .03, .05, .08, .10, .15, .20, .25, .30, .35, .40, .45, .50):
                p, holds, clear = ways * share ** x * (1 - share) ** (n - x), np.abs(share - middle) <= half, np.minimum(x, n - x) >= least
                for side, cells in ((clear, plain), (~clear, marked)):
                    if p[side].sum() >= .5:
                        cells.append(100 * (p * holds)[side].sum() / p[side].sum())
        low, high = (100 * np.mean([out(k) for k in plain]) for out in (lambda k: k < 93.5, lambda k: k > 97))
        print(f"| {least} | {low:.1f} | {high:.1f} | {min(plain):.1f} to {max(plain):.1f} | {f'{min(marked):.1f} to {max(marked):.1f}' if marked else ''} |")


if __name__ == "__main__":
    print("Shares: from how many of the rarer outcome on Wilson's interval goes unmarked\n")
    print_shares()
    print()
    print_rules()
    print("\nNo fall: least and most coverage % of any such interval, both directions alike, that leaves 0 out from k won to 0 lost on\n")
    print_bounds()
    studies = [(name, study(kind), least) for name, kind, least in KINDS]
    print("\nFrom which number of changes on an interval goes unmarked: coverage % of the unmarked, and of the marked, each where it is the case at least every other time\n")
    print("| measure | unmarked from | cells below 93.5, % | above 97, % | unmarked | marked |\n" + "|---" * 6 + "|")
    for name, cells, _ in studies + [("nDCG, never narrower than the least width", study(graded(lambda r: 1 / np.log2(r + 1), least_width=True)), 0)]:
        print_thresholds(name, cells)
    for name, cells, least in (studies[0], studies[4]):
        print(f"\n{name}: coverage % under a condition on the changes seen; no fall, least and mean over true falls\n")
        print_conditional(cells, least)
