package io.kvasir.schedule;

/** The field's {@code always-disagg-multimodal-decider}: media are encoded elsewhere wherever a request has some. */
public record MediaDecider() implements Plugin {
    static final PluginType TYPE =
            PluginType.of(PluginKind.DECIDER, "always-disagg-multimodal-decider", (_, _) -> new MediaDecider());

    @Override
    public String name() {
        return TYPE.name();
    }
}
