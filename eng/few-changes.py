#!/usr/bin/env python3
"""Coverage of two-sided 95 % intervals of 0/1 measures when few questions change: other intervals than the printed one, and what no interval can reach.

Independent questions: every table is summed with its probability, nothing is drawn. Prints tables of docs/decisions/intervals-with-few-changes.md.
Needs numpy. What is printed is measured through the product itself: simulate intervals (bench).
"""
from math import comb

import numpy as np

Z = 1.959963984540054
FALLS = (0, .1, .2, .3, .4, .5, .6, .8, 1)          # true falls, as a part of the share that changes
SIZES = (30, 50, 73, 100, 150, 300)
SHARE_SIZES = (30, 36, 40, 45, 50, 60, 73, 90, 100, 125, 150, 200, 250, 300, 500, 1000)


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


def spread(values):
    return f"{values[0]:.1f}, {min(values):.1f}, {np.mean(values):.1f}"


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
    """Wilson's interval of a share, for comparison, under a condition on the rarer of the two outcomes; every count is summed with its probability."""
    print("| n from | unmarked from | cells below 93.5, % | above 97, % | unmarked | marked |\n" + "|---" * 6 + "|")
    for first, least in ((30, 0), (30, 5), (36, 10)):
        plain, marked = [], []
        for n in (m for m in SHARE_SIZES if m >= first):
            x = np.arange(n + 1)
            middle, half = (x / n + Z * Z / (2 * n)) / (1 + Z * Z / n), Z * np.sqrt(x * (n - x) / n ** 3 + Z * Z / (4 * n * n)) / (1 + Z * Z / n)
            logs = np.concatenate([[0], np.cumsum(np.log(np.arange(1, n + 1)))])
            ways = logs[n] - logs - logs[::-1]
            for share in np.arange(.0126, .5001, .0025):
                p, holds, clear = np.exp(ways + x * np.log(share) + (n - x) * np.log(1 - share)), np.abs(share - middle) <= half, np.minimum(x, n - x) >= least
                for side, cells in ((clear, plain), (~clear, marked)):
                    if p[side].sum() >= .5:
                        cells.append(100 * (p * holds)[side].sum() / p[side].sum())
        low, high = (100 * np.mean([out(k) for k in plain]) for out in (lambda k: k < 93.5, lambda k: k > 97))
        print(f"| {first} | {least} | {low:.1f} | {high:.1f} | {min(plain):.1f} to {max(plain):.1f} | {f'{min(marked):.1f} to {max(marked):.1f}' if marked else ''} |")


def print_feasible():
    """Shares for which no interval that takes the successes from a to b holds between 93.5 and 97 times in 100, whatever a and b; given some of either outcome likewise."""
    print("| n | no interval, % of the shares | given 5 of either outcome | given 10 |\n" + "|---" * 4 + "|")
    for n in (30, 33, 36, 40, 50, 73, 100, 150, 300):
        x, cells = np.arange(n + 1), []
        ways = np.array([float(comb(n, int(k))) for k in x])
        for clear in (x >= 0, np.minimum(x, n - x) >= 5, np.minimum(x, n - x) >= 10):
            tried = missed = 0
            for share in np.arange(.02, .5001, .002):
                p = np.where(clear, ways * share ** x * (1 - share) ** (n - x), 0)
                if p.sum() >= .5:
                    sums = np.concatenate([[0], np.cumsum(p / p.sum())])
                    held = sums[None, 1:] - sums[:-1, None]
                    tried, missed = tried + 1, missed + (not ((held >= .935) & (held <= .97)).any())
            cells.append(f"{100 * missed / tried:.1f}")
        print(f"| {n} | {' | '.join(cells)} |")


if __name__ == "__main__":
    print("Wilson's interval of a share\n")
    print_shares()
    print("\nShares that no interval can do, of 2 to 50 % in steps of .2\n")
    print_feasible()
    print()
    print_rules()
    print("\nNo fall: least and most coverage % of any such interval, both directions alike, that leaves 0 out from k won to 0 lost on\n")
    print_bounds()
