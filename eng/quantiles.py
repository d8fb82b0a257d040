#!/usr/bin/env python3
"""Tails and quantiles of Student's t, beta and binomial distributions at 50 digits: writes the table that DistributionTableTests reads.

Needs mpmath (Debian: python3-mpmath). The incomplete beta integral is summed from its definition as a series of positive terms, no library
quantile is used, and quantiles are found by halving and secants, so nothing is shared with the code under test. Run: eng/quantiles.py > tests/Nearfar.Tests/Evaluation/Statistics/quantiles.csv
"""
import random
from mpmath import exp, log, loggamma, mp, mpf, nstr

mp.dps = 50


def beta_cdf(x, a, b):
    """I_x(a, b) = x^a (1-x)^b / (a B(a, b)) * sum of (a+b)_n / (a+1)_n x^n: every term positive. Reflected where x is right of the mean."""
    if x <= 0:
        return mpf(0)
    if x >= 1:
        return mpf(1)
    if x > (a + 1) / (a + b + 2):
        return 1 - beta_cdf(1 - x, b, a)
    term = total = mpf(1)
    n = 0
    while term > total * mpf(10) ** -48:
        term *= (a + b + n) / (a + 1 + n) * x
        total += term
        n += 1
    return exp(a * log(x) + b * log(1 - x) - log(a) + loggamma(a + b) - loggamma(a) - loggamma(b)) * total


def t_tail(t, v):
    return beta_cdf(v / (v + t * t), v / 2, mpf(1) / 2) / 2


def root(rising, low, high):
    """Where a rising function is zero: halved until the ends are near, then secants, checked by the sign on both sides."""
    while high - low > abs(high) / 2**20:
        middle = (low * high) ** (mpf(1) / 2) if low > 0 and high > 4 * low else (low + high) / 2
        low, high = (middle, high) if rising(middle) < 0 else (low, middle)
    before, after = low, high
    at_before, at_after = rising(before), rising(after)
    for _ in range(40):
        step = at_after * (after - before) / (at_after - at_before)
        before, at_before = after, at_after
        after -= step
        at_after = rising(after)
        if abs(step) < mpf(10) ** -32 * abs(after) or abs(at_after) < mpf(10) ** -44:
            margin = mpf(10) ** -28 * abs(after)
            assert rising(after - margin) <= 0 <= rising(after + margin)
            return after
    raise ArithmeticError("no root within 40 steps")


def main():
    draw = random.Random(20261124)
    print("kind,first,second,third,value")

    def row(kind, first, second, third, value):
        print(f"{kind},{first!r},{second!r},{third!r},{nstr(value, 25)}")

    for v in [0.5, 1.0, 1.7, 3.0, 6.5, 12.0, 29.0, 73.4, 150.0, 411.25]:
        for t in [0.01, 0.7, 1.96, round(draw.uniform(2, 5), 3), 8.5]:
            row("t_tail", t, v, 0, t_tail(mpf(t), mpf(v)))
        for alpha in [0.2, 0.05, 0.025, 0.0125, 0.00625, 1e-6]:
            row("t_quantile", alpha, v, 0, root(lambda t: mpf(alpha) - t_tail(t, mpf(v)), mpf(0), mpf(10) ** 14 if v < 1 else mpf(10) ** 8))
    for a, b in [(0.5, 0.5), (0.5, 8.0), (1.0, 20.0), (2.5, 3.5), (14.0, 7.0), (3.0, 300.0), (80.0, 20.0), (410.0, 13.0), (1200.0, 4000.0)]:
        for x in [round(a / (a + b) * f, 6) for f in (0.3, 0.9, 1.05)] + [0.5]:
            row("beta_cdf", x, a, b, beta_cdf(mpf(x), mpf(a), mpf(b)))
        for p in [0.5, 0.05, 0.025, 0.00625, 1e-5]:
            row("beta_quantile", p, a, b, root(lambda x: beta_cdf(x, mpf(a), mpf(b)) - mpf(p), mpf(0), mpf(1)))
    for n in [3, 10, 29, 100, 457, 1396]:
        for k in sorted({0, 1, n // 10, n // 2, n - 1, n}):
            p = round(draw.uniform(0.02, 0.98), 4)
            row("binomial_tail", k, n, p, mpf(1) if k == 0 else beta_cdf(mpf(p), mpf(k), mpf(n - k + 1)))
            for alpha in [0.05, 0.0125]:
                lower = mpf(0) if k == 0 else root(lambda x: beta_cdf(x, mpf(k), mpf(n - k + 1)) - mpf(alpha), mpf(0), mpf(1))
                upper = mpf(1) if k == n else root(lambda x: beta_cdf(x, mpf(k + 1), mpf(n - k)) - (1 - mpf(alpha)), mpf(0), mpf(1))
                row("binomial_lower", k, n, alpha, lower)
                row("binomial_upper", k, n, alpha, upper)


main()
