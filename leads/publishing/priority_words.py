"""Why a lead stands where it stands: its priority, factor by factor."""

from __future__ import annotations

from leads.publishing.rows import LeadRow


def priority_text(lead: LeadRow) -> str:
    """`0.850 =(等级 tier 1.000 × 金额 money 0.612 × …)^(1/3) × 举报 tips 1.100 (1) × …`; of a list of before factors
    were kept the priority alone."""
    parts = (lead.severity_factor, lead.money_factor, lead.outlier_factor, lead.tip_factor, lead.learned_factor)
    if any(part is None for part in parts):
        return f"{lead.priority:.3f}"
    severity, money, outlier, tips, learned = (f"{part:.3f}" for part in parts)
    return (
        f"{lead.priority:.3f} =(等级 tier {severity} × 金额 money {money} × 离群度 outlier {outlier})^(1/3) × "
        f"举报 tips {tips} ({lead.tip_count or 0}) × 既往属实 learned {learned}"
    )
