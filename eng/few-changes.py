#!/usr/bin/env python3
"""Coverage of two-sided 95 % intervals of (won - lost) / n when few questions change: every table summed with its probability, nothing is drawn.

Independent questions of a 0/1 measure. Prints the tables of docs/decisions/intervals-with-few-changes.md. Needs numpy.
"""
import numpy as np

Z = 1.959963984540054


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
TRUTHS = [(c, f) for c in (.02, .03, .05, .10, .20) for f in (0, .25, .5, 1)]      # share that changes, fall as part of it


def coverage(n, changes, fall, holds):
    wins, loses = changes * (1 - fall) / 2, changes * (1 + fall) / 2
    most = min(n, int(n * changes + 9 * np.sqrt(n * changes) + 9))
    w, l = np.meshgrid(np.arange(most + 1), np.arange(most + 1), indexing="ij")
    logs = np.concatenate([[0], np.cumsum(np.log(np.arange(1, n + 1)))])
    left = np.maximum(0, n - w - l)
    lg = logs[n] - logs[w] - logs[l] - logs[left] + left * np.log(1 - changes) + l * np.log(loses) + np.where(w > 0, w * np.log(max(wins, 1e-300)), 0)
    p = np.where(w + l <= n, np.exp(lg), 0)
    return 100 * (p * holds(w, l, n, wins - loses)).sum()


if __name__ == "__main__":
    print("| n | change | expected changes | P(no change) % | " + " | ".join(f"{name}: no fall, least, mean" for name, _ in RULES) + " |\n" + "|---" * (4 + len(RULES)) + "|")
    for n in (30, 50, 75, 100, 150, 200, 300):
        for c in (.03, .10):
            cells = []
            for _, holds in RULES:
                own = [coverage(n, c, f, holds) for f in (0, .1, .2, .3, .4, .5, .6, .8, 1)]
                cells.append(f"{own[0]:.1f}, {min(own):.1f}, {np.mean(own):.1f}")
            print(f"| {n} | {100 * c:.0f} % | {n * c:.1f} | {100 * (1 - c) ** n:.1f} | " + " | ".join(cells) + " |")
    # An interval that leaves 0 out of (won, lost) does so where more is won or less lost. Its least one-way table, k to 0, then bounds its coverage.
    print("\nNo fall: least and most coverage % of any such interval, both directions alike, that leaves 0 out from k won to 0 lost on\n")
    print("| n | change | k 1 | 2 | 3 | 4 | 5 | 6 | reached between 93.5 and 97 |\n" + "|---" * 9 + "|")
    for n, c in ((30, .03), (40, .03), (50, .03), (75, .03), (100, .03), (30, .05), (30, .10)):
        cells, reached = [], False
        for k in range(1, 7):
            own = [coverage(n, c, 0, lambda w, l, n, d, out=out: ~(out(w, l) | out(l, w))) for out in (lambda w, l: (w >= k) & (w > l), lambda w, l: (w >= k) & (l == 0))]
            reached |= own[0] <= 97 and own[1] >= 93.5
            cells.append(f"{own[0]:.1f} to {own[1]:.1f}")
        print(f"| {n} | {100 * c:.0f} % | " + " | ".join(cells) + f" | {'may be' if reached else 'never'} |")
