"""What is taken of a drug in a day, as dose and frequency are written on its line.

Texts that say neither how many milligrams nor how often leave it unknown; so does a dose by need.
"""

from __future__ import annotations

_DOSE = r"^ *([0-9]{1,6}([.][0-9]{1,4})?) *(mg|毫克|g|克) *$"
# how often a day, by what the text is: Latin, Chinese, every so many hours
_TIMES = (
    (1, r"^(qd|qn|qm|每[日天](1|一)次|(1|一)日(1|一)次|(1|一)次/[日天]|每晚(1|一)次|每晨(1|一)次)$"),
    (2, r"^(bid|q12h|每[日天](2|二|两)次|(1|一)日(2|二|两)次|(2|二|两)次/[日天]|每12小时(1|一)次)$"),
    (3, r"^(tid|q8h|每[日天](3|三)次|(1|一)日(3|三)次|(3|三)次/[日天]|每8小时(1|一)次)$"),
    (4, r"^(qid|q6h|每[日天](4|四)次|(1|一)日(4|四)次|(4|四)次/[日天]|每6小时(1|一)次)$"),
)


def _times_a_day() -> str:
    said = r"regexp_replace(lower(dose_frequency), '[ .]', '')"
    return "CASE " + " ".join(f"WHEN regexp_like({said}, '{pattern}') THEN {n}" for n, pattern in _TIMES) + " END"


DAILY_DOSE = (  # milligrams
    f"try_cast(nullif(regexp_extract(lower(single_dose), '{_DOSE}', 1), '') AS decimal(12,4))"
    f" * CASE WHEN regexp_extract(lower(single_dose), '{_DOSE}', 3) IN ('g', '克') THEN 1000 ELSE 1 END"
    f" * {_times_a_day()}"
)
