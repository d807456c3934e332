"""What one library or another writes into its outputs: times that it took, when it was, ids that it makes up.

Each rule names the library. What is asked for is the library's whole phrase, so that the same figure elsewhere stays.
"""

from __future__ import annotations

import re

from nbcheck.compare.normalise.base import compiled

_WEEKDAY = r"(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d [A-Z][a-z]{2} \d{4}"


def hide_summary_times(text: str) -> str:
    r"""Replace when a model was fitted in the summaries of statsmodels: text, HTML and LaTeX.

    ``Time:      13:47:16   Log-Likelihood:      -12.274`` -> ``Time:      <time>   Log-Likelihood:      -12.274``, and
    ``Date:      Tue, 24 Nov 2026   Prob (F-statistic):`` likewise; ``<th>Date:</th>  <td>Tue, 24 Nov 2026</td>``;
    ``\textbf{Time:} &  13:47:16  &``. A line that goes no further is another program's.
    """
    text = compiled(rf"^(Date:|Time:)( {{9,}})(?:{_WEEKDAY}|\d\d:\d\d:\d\d)(?= {{2,}}\S)", re.MULTILINE).sub(
        r"\1\2<time>", text
    )
    text = compiled(rf"(<th>(?:Date|Time):</th> *<td> *)(?:{_WEEKDAY}|\d\d:\d\d:\d\d)(?= *</td>)").sub(
        r"\1<time>", text
    )
    return compiled(rf"(\\textbf\{{(?:Date|Time):\}} *&) *(?:{_WEEKDAY}|\d\d:\d\d:\d\d) *(?=&)").sub(
        r"\1 <time> ", text
    )


def hide_library_timings(text: str) -> str:
    """Replace how long something took in what libraries print of their work.

    joblib's ``Done   6 out of   6 | elapsed:    0.1s finished`` -> ``Done   6 out of   6 | elapsed: <time> finished``;
    scikit-learn's ``max_depth=1;, score=0.667 total time=   0.0s`` -> ``max_depth=1;, score=0.667 total time=<time>``;
    LightGBM's ``the overhead of testing was 0.000021 seconds`` -> ``the overhead of testing was <time>``; unittest's
    ``Ran 3 tests in 0.001s`` -> ``Ran 3 tests in <time>``; pytest's ``3 passed in 0.01s`` -> ``3 passed in <time>``.
    """
    seconds = r" *\d+\.\d+ ?(?:s|min)\b"
    text = compiled(rf"(?<=\| )(elapsed|remaining):{seconds}").sub(r"\1: <time>", text)
    text = compiled(
        rf"^(\[(?:CV|Pipeline|ColumnTransformer|FeatureUnion|Voting)\b[^\n]*\btotal(?: time)?=){seconds}",
        re.MULTILINE,
    ).sub(r"\1<time>", text)
    text = compiled(r"(overhead of testing was) \d[\d.e-]* seconds").sub(r"\1 <time>", text)
    text = compiled(rf"^(Ran \d+ tests? in){seconds}$", re.MULTILINE).sub(r"\1 <time>", text)
    return compiled(rf"(\b\d+ (?:passed|failed|errors?|warnings?|skipped) in){seconds}").sub(
        r"\1 <time>", text
    )


def hide_fit_times(text: str) -> str:
    """Replace measured times and addresses among the attributes that scikit-learn shows of a fitted estimator.

    ``<td>&lt;sklearn.tree...x7f27f3eefec0&gt;</td>`` -> ``<td>&lt;sklearn.tree...<address>&gt;</td>``; the value of
    ``refit_time_`` and the arrays of times in ``cv_results_``, whose names are cut to ``me...me`` or ``st...me``.
    """
    text = compiled(r"(\.\.\.)[0-9a-f]?x?[0-9a-f]{8,12}(?=&gt;</td>)").sub(r"\1<address>", text)
    text = compiled(
        r"(refit_time_: float\b(?:(?!</tr>).)*<td class=\"fitted-att-type\">float</td>\s*<td>)[^<>]*(?=</td>)",
        re.DOTALL,
    ).sub(r"\1<time>", text)
    return compiled(r"(&#x27;(?:me|st)\.\.\.me&#x27;: )array\([^()]*\)").sub(r"\1<times>", text)


def hide_table_ids(text: str) -> str:
    """Replace ids that table libraries draw by lot or make of an address: Great Tables, astropy, itables.

    ``<div id="bnafhgmjwz" style="padding-left:0px`` and then ``#bnafhgmjwz .gt_table {`` have ten letters; astropy has
    ``<table id="table139809589619216"``, itables ``"itables_eeea49fb_7df6_4f9b_80d7_2dcaec955938"``. What is
    left is ``<id>``.
    """
    drawn = compiled(r"<div id=\"([a-z]{10})\" style=\"padding-left:").findall(text)
    for name in drawn if " .gt_" in text or "gt_table" in text else ():
        text = compiled(rf"(?<=#){name}(?= )|(?<=<div id=\"){name}(?=\")").sub("<id>", text)
    text = compiled(r"(\bid=\"table|#table)\d{12,16}\b").sub(r"\1<id>", text)
    return compiled(r"(?<=itables_)[0-9a-f]{8}(?:_[0-9a-f]{4}){3}_[0-9a-f]{12}(?![0-9a-f])").sub("<id>", text)
