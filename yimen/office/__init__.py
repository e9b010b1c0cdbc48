"""
Office (机关): we ourselves. Areas, departments, service points, staff and their posts, what each post may do,
whose rows a person may see, the audit of every read and change, the vault of names and numbers, the working-day
calendar, the files that departments send and the queue of long work.

Doors: `actions` and `queries` as in every room, and six that every room leans on: `access` (scope), `audit`
(reading), `vault` (encrypted fields), `calendar`, `tables` (reading a county's files) and `work` (long jobs).
It never knows a household, a rule or a benefit.
"""
