package io.kvasir.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import io.kvasir.schedule.Policy;
import io.kvasir.schedule.Profiles;
import io.kvasir.schedule.SessionToken;
import org.junit.jupiter.api.Test;

class AnsweredTokenTest {
    @Test
    void anAnswerNamesItsEndpointWhereASessionStaysAtOne() throws Exception {
        try (var engine = new RawUpstream(RawUpstream.answering(200, "{}"));
                var proxy = ProxyFixture.over(engine.spec("a"));
                var client = proxy.client()) {
            String path = "/v1/chat/completions";
            assertThat(client.post(path, "{\"model\":\"m\"}").answer().headers())
                    .doesNotContainKey("x-session-token");

            var before = proxy.router.profiles();
            var profile = Policy.standing("p", proxy.time)
                    .add("session-affinity-scorer")
                    .build();
            proxy.router.swap(new Profiles(profile, before.pairing(), null));

            assertThat(client.post(path, "{\"model\":\"m\"}").answer().headers())
                    .containsEntry(
                            "x-session-token",
                            SessionToken.of(proxy.pool.snapshot().at(0)));
        }
    }
}
