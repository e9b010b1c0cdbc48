"""
Cases (办件): what a household asked for, who answers for it, what was verified and decided, until it is delivered and rated.

One application is one case of one household, with a decision for each policy and each department in it. At every moment it
has exactly one first assignee (首派责任人). A finding, a report and a complaint become work here too, and so do tasks: visits,
errands, calls. This room does not know how a person reached us (hall, hotline, outreach), nor how money is paid out.
"""
