package io.kvasir.extproc;

import static org.assertj.core.api.Assertions.assertThat;

import io.kvasir.cost.ModelCatalogue;
import io.kvasir.cost.TimeModel;
import io.kvasir.extproc.wire.proto.HeaderValueOption;
import io.kvasir.schedule.Policy;
import io.kvasir.schedule.Profiles;
import io.kvasir.schedule.SessionToken;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Test;

class SessionTokenTest {
    /** Headers that the picker sets in the answer to a request, asked with a profile that ends with these plug-ins. */
    private static List<HeaderValueOption> answered(PickerFixture picker, String... plugins) {
        var time = new TimeModel(ModelCatalogue.load());
        var profile = Policy.standing("p", time);
        List.of(plugins).forEach(profile::add);
        var before = picker.router.profiles();
        picker.router.swap(new Profiles(profile.build(), before.pairing(), null));
        var call = new ProxyCall(picker.channel());
        call.send(Messages.chatHead());
        call.send(Messages.requestBody("{\"model\":\"m\",\"messages\":[]}", true));
        call.answer();
        call.answer();
        call.send(Messages.responseHead(200, "application/json"));
        var head = call.answer();
        call.cancel();
        return head.getResponseHeaders().getResponse().getHeaderMutation().getSetHeadersList();
    }

    @Test
    void anAnswerNamesItsEndpointForTheSessionsNextRequest() throws IOException {
        try (var picker =
                PickerFixture.start(PickerFixture.plaintext(), PickerFixture.specs(List.of("10.0.0.1:8000")))) {
            assertThat(answered(picker, "session-affinity-filter", "session-affinity-scorer"))
                    .singleElement()
                    .satisfies(option -> {
                        assertThat(option.getHeader().getKey()).isEqualTo("x-session-token");
                        assertThat(option.getHeader().getRawValue().toStringUtf8())
                                .isEqualTo(
                                        SessionToken.of(picker.pool.snapshot().at(0)));
                    });
            assertThat(answered(picker, "queue-scorer")).isEmpty();
        }
    }
}
