#!/usr/bin/env python3
"""How often a release exactly at a limit is proven fine: won and lost summed over all counts with their probability.

Independent questions of a 0/1 measure; fine at attempt i when the widest of t, Tango and the least width at .05 / 2^i lies above the limit, as
MeanBounds.Paired has it. Prints the table of bench/results/gate.md.
"""
import math
from statistics import NormalDist
def tz(w,l,n,d):
    b=((2*n)-w+l)*d-w-l; c=-l*d*(1-d)
    r=math.sqrt(max(0,b*b-8*n*c)); q=(r-b)/(4*n) if b<=0 else -2*c/(r+b)
    v=n*(2*q+d*(1-d)); e=w-l-n*d
    return e/math.sqrt(v) if v>0 else 0
def tq(a,v):  # Cornish-Fisher t quantile, enough at v>70
    z=NormalDist().inv_cdf(1-a); g1=(z**3+z)/4; g2=(5*z**5+16*z**3+3*z)/96; g3=(3*z**7+19*z**5+17*z**3-15*z)/384
    return z+g1/v+g2/v**2+g3/v**3
def p(n,disc,fall,alpha):
    pw,pl=(disc-fall)/2,(disc+fall)/2
    if pw<0: pw,pl=0,fall
    z=NormalDist().inv_cdf(1-alpha); t=tq(alpha,n-1); least=1-alpha**(1/n); tot=0
    sw,sl=math.sqrt(n*pw),math.sqrt(n*pl)
    for l in range(max(0,int(n*pl-8*sl)),int(n*pl+8*sl)+2):
        for w in range(max(0,int(n*pw-8*sw-3)),int(n*pw+8*sw)+4):
            if w+l>n: break
            m=(w-l)/n; s=math.sqrt((w+l-n*m*m)/(n-1)/n)
            if m-max(t*s,least)>-fall and tz(w,l,n,-fall)>z:
                lg=math.lgamma(n+1)-math.lgamma(w+1)-math.lgamma(l+1)-math.lgamma(n-w-l+1)
                lg+=(w*math.log(pw) if w else 0)if pw>0 else (0 if w==0 else -1e9)
                lg+=l*math.log(pl)+(n-w-l)*math.log(1-pw-pl)
                tot+=math.exp(lg)
    return tot
for n,fall in ((400,.02),(1300,.02),(75,.05),(200,.05)):
    for disc in (.03,.10):
        ps=[p(n,max(disc,fall),fall,.05/2**i) for i in (1,2,3)]
        print(n,fall,disc,[round(100*x,2) for x in ps], 'any', round(100*(1-math.prod(1-x for x in ps)),2))
