package io.kvasir.schedule;

import java.util.Locale;
import java.util.Set;

/** 1 for endpoints whose label has the text of a request's header, else 0. */
final class HeaderLabelAffinityScorer implements Scorer {
    private static final Parameter<String> HEADER = Parameter.requiredText("headerName");
    private static final Parameter<String> LABEL = Parameter.requiredText("labelKey");

    static final PluginType TYPE = PluginType.of(
            PluginKind.SCORER,
            "header-label-affinity-scorer",
            (parameters, _) -> new HeaderLabelAffinityScorer(
                    parameters.get(HEADER).toLowerCase(Locale.ROOT), parameters.get(LABEL)),
            HEADER,
            LABEL);

    private final String header;
    private final String label;

    private HeaderLabelAffinityScorer(String header, String label) {
        this.header = header;
        this.label = label;
    }

    @Override
    public String name() {
        return TYPE.name();
    }

    @Override
    public Set<String> headers() {
        return Set.of(header);
    }

    @Override
    public void score(SchedulingContext context, double[] scores) {
        String wanted = context.request().headers().other(header);
        for (int i = 0; i < context.size(); i++) {
            scores[i] = wanted != null
                            && wanted.equals(
                                    context.candidate(i).spec().labels().get(label))
                    ? 1
                    : 0;
        }
    }
}
