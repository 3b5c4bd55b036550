package io.kvasir.route;

import static org.assertj.core.api.Assertions.assertThat;

import io.kvasir.pool.EndpointSpec;
import io.kvasir.pool.ServedModel;
import io.kvasir.request.Dialect;
import io.kvasir.request.RequestHeaders;
import io.kvasir.schedule.Pairing;
import io.kvasir.schedule.PdDecider;
import io.kvasir.schedule.PluginContext;
import io.kvasir.schedule.PluginRegistry;
import io.kvasir.schedule.Policy;
import io.kvasir.schedule.ProfileBuilder;
import io.kvasir.schedule.Profiles;
import io.kvasir.schedule.Profiles.NamedProfiles;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** A platform's two names for one model are one cache; a header may name the profile. */
class TwoNamesTest {
    private static final String SECOND = "publishers/llm/models/m";

    private final RouterFixture fixture =
            new RouterFixture(EndpointSpec.of("a", "10.0.0.1", 80), EndpointSpec.of("b", "10.0.0.2", 80));

    private void served() {
        for (var endpoint : fixture.pool.snapshot().endpoints()) {
            endpoint.serves(List.of(new ServedModel("m", null, 0), new ServedModel(SECOND, null, 0)));
        }
    }

    @Test
    void theSamePromptGoesToTheSameCacheByEitherName() {
        served();
        String prompt = "a prompt of some length ".repeat(400);
        var first = fixture.booked(RouterFixture.chat("m", prompt), RoutingHints.NONE);
        first.finish(Outcome.COMPLETED);

        var second = fixture.booked(RouterFixture.chat(SECOND, prompt), RoutingHints.NONE);

        assertThat(second.endpoint()).isSameAs(first.endpoint());
        assertThat(second.decision().cachedTokens()).isGreaterThan(1_000);
        // what the engine is asked for is what the client asked for
        assertThat(second.request().model()).isEqualTo(SECOND);
    }

    @Test
    void aPathThatNamesOneAllowsTheOther() {
        served();
        var hints = RoutingHints.builder().pathModel("m").build();
        assertThat(fixture.route(
                        Dialect.CHAT_COMPLETIONS, RouterFixture.chat(SECOND, "hi"), RequestHeaders.NONE, hints))
                .isInstanceOf(Routing.Booked.class);
    }

    @Test
    void aHeaderNamesTheProfileAndOneThatThereIsNotRefuses() {
        served();
        var context = new PluginContext(fixture.time);
        var only = new ProfileBuilder("only-b", PluginRegistry.shipped(), context)
                .add("by-label", 1, Map.of("label", "zone", "validValues", List.of("nowhere"), "allowsNoLabel", false))
                .build();
        var time = Policy.TIME.profile(fixture.time);
        fixture.router.swap(new Profiles(
                time,
                new Pairing(new PdDecider.Never(), time, fixture.time, false),
                null,
                new NamedProfiles("x-profile", Map.of("none", only)),
                0));
        assertThat(fixture.router.traffic().headers()).containsExactly("x-profile");

        assertThat(by(null)).isInstanceOf(Routing.Booked.class);
        assertThat(by("none"))
                .isInstanceOfSatisfying(
                        Routing.Refused.class,
                        refused -> assertThat(refused.refusal().message()).contains("by-label"));
        assertThat(by("other"))
                .isInstanceOfSatisfying(
                        Routing.Refused.class,
                        refused -> assertThat(refused.refusal().message()).contains("x-profile"));
    }

    private Routing by(@Nullable String profile) {
        var headers = RequestHeaders.NONE;
        return fixture.route(
                Dialect.CHAT_COMPLETIONS,
                RouterFixture.chat("m", "hi"),
                profile == null ? headers : headers.withOthers(Map.of("x-profile", profile)),
                RoutingHints.NONE);
    }
}
