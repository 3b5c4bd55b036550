package io.kvasir.route;

import io.kvasir.schedule.Explanation;
import io.kvasir.schedule.Profile;
import io.kvasir.traffic.AppliedRules;

/**
 * Where a request would go, and how that came about.
 *
 * @param result the decision, or why there is none
 * @param rules what operators' rules say of the request
 */
public record Explained(Profile.Result result, AppliedRules rules, Explanation explanation) {}
