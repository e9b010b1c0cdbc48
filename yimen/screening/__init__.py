"""
Screening (筛查): who is missed 漏救, who may be aided wrongly 错救, who must be looked at again 待核实, who soon 即将.

It stands above registry, evidence and benefits: it answers for one household (`explain`) and for everybody (`screen`)
with the same rules. A finding opens work for a person; it never pays, stops or reduces anything.
"""
