"""Tables of what was predicted and of what happened."""
import collections
import statistics

# what Kvasir itself says of a cached prefix that was not as predicted, where that is a reason
REASONS = {"cleared-meanwhile", "evicted-meanwhile", "stored-meanwhile", "duplicate-evicted", "not-stored-yet"}


def joined(asked, decided, ended):
    """Requests as their client saw them, with what Kvasir's two logs say of them."""
    rows = []
    for each in asked:
        choice, line = decided.get(each["request"], {}), ended.get(each["request"], {})
        rows.append({
            **each, "endpoint": line.get("endpoint"), "why": line.get("reason"), "view": line.get("prefixView"),
            "tokens": line.get("tokens"), "predictedCached": line.get("predictedCachedTokens"), "prediction": line.get("prediction"),
            "predictedFirst": line.get("predictedFirstTokenSeconds"), "routerFirst": line.get("firstTokenSeconds"),
            "routerSeconds": line.get("seconds"), "placed": line.get("placedSeconds"),
            "predictedWait": choice.get("predictedWaitSeconds"), "predictedPrefill": choice.get("predictedPrefillSeconds"),
            "predictedToken": choice.get("predictedTokenSeconds"),
        })
    return rows


def good(requests):
    return [r for r in requests if r["status"] == 200 and r["first"] is not None and (r["output"] or 0) > 1]


def quantile(values, share):
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else float("nan")


def per_token(request):
    return (request["seconds"] - request["first"]) / (request["output"] - 1)


def arms_table(arms):
    lines = ["| arm | requests, failed | TTFT p50 / p90 / p99 s | E2E p50 / p90 s | ms per token p50 / p90 | prompt tokens found in caches | prompt tokens computed | seconds | by engine |",
             "|---|---|---|---|---|---|---|---|---|"]
    for name, arm in arms.items():
        requests = good(arm["requests"])
        if not requests:
            lines.append(f"| {name} | 0, {len(arm['requests'])} | – | – | – | – | – | {arm['seconds']} | – |")
            continue
        first, all_of_it = [r["first"] for r in requests], [r["seconds"] for r in requests]
        token = [1000 * per_token(r) for r in requests]
        prompt, cached = sum(r["prompt"] for r in requests), sum(r["cached"] or 0 for r in requests)
        shares = collections.Counter(str(r["endpoint"]) for r in requests)
        lines.append(
            f"| {name} | {len(requests)}, {len(arm['requests']) - len(requests)} "
            f"| {quantile(first, .5):.3f} / {quantile(first, .9):.3f} / {quantile(first, .99):.3f} "
            f"| {quantile(all_of_it, .5):.2f} / {quantile(all_of_it, .9):.2f} | {quantile(token, .5):.1f} / {quantile(token, .9):.1f} "
            f"| {100 * cached / prompt:.1f} % of {prompt} | {prompt - cached} | {arm['seconds']} "
            f"| {', '.join(f'{k} {v}' for k, v in sorted(shares.items()))} |")
    return "\n".join(lines) + "\n"


def off(pairs):
    """Median of actual over predicted, and of the relative error, and its 90th percentile."""
    pairs = [(p, a) for p, a in pairs if p and a]
    if not pairs:
        return "–"
    ratios = [a / p for p, a in pairs]
    errors = [abs(a - p) / a for p, a in pairs]
    return f"{statistics.median(ratios):.2f}; {100 * statistics.median(errors):.0f} / {100 * quantile(errors, .9):.0f} %"


def accuracy_table(arms):
    lines = ["| arm, requests in order | first token: actual over predicted, median; error median / p90 | the same of the time per token |", "|---|---|---|"]
    for name, arm in arms.items():
        requests = [r for r in good(arm["requests"]) if r["predictedFirst"]]
        third = max(1, (len(requests) + 2) // 3)
        for begin in range(0, len(requests), third):
            some = requests[begin:begin + third]
            lines.append(f"| {name}, {begin + 1} to {begin + len(some)} "
                         f"| {off([(r['predictedFirst'], r['routerFirst']) for r in some])} "
                         f"| {off([(r['predictedToken'], per_token(r)) for r in some])} |")
    return "\n".join(lines) + "\n"


def cached_table(arms):
    lines = ["| arm | requests | predicted = found | explained by | unexplained | views and tokens by |", "|---|---|---|---|---|---|"]
    for name, arm in arms.items():
        requests = good(arm["requests"])
        if not any(r["prediction"] for r in requests):
            lines.append(f"| {name} | {len(requests)} | predicts none | – | – | – |")
            continue
        exact = [r for r in requests if r["predictedCached"] == r["cached"]]
        rest = [r for r in requests if r not in exact]
        why = collections.Counter(r["prediction"] for r in rest if r["prediction"] in REASONS)
        lost = collections.Counter(str(r["prediction"]) for r in rest if r["prediction"] not in REASONS)
        views = collections.Counter(f"{r['view']}/{r['tokens']}" for r in requests)
        lines.append(f"| {name} | {len(requests)} | {len(exact)} | {said(why)} | {said(lost)} | {said(views)} |")
    return "\n".join(lines) + "\n"


def said(counts):
    return ", ".join(f"{name}: {count}" for name, count in counts.most_common()) or "–"
