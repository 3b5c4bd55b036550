package io.kvasir.extproc;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Struct;
import io.kvasir.schedule.Policy;
import java.io.IOException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class EndpointScoresTest {
    private static final String BODY = "{\"model\":\"m\",\"messages\":[]}";

    private static Struct published(StreamSettings streams, Policy policy) throws IOException {
        var settings = PickerFixture.plaintext().toBuilder().streams(streams).build();
        try (var picker = PickerFixture.start(settings, PickerFixture.specs(PickerFixture.ENDPOINTS), policy)) {
            var call = new ProxyCall(picker.channel());
            call.send(Messages.chatHead());
            call.send(Messages.requestBody(BODY, true));
            var answer = call.answer();
            call.cancel();
            return answer.getDynamicMetadata().getFieldsOrThrow("envoy.lb").getStructValue();
        }
    }

    @ParameterizedTest
    @EnumSource(Policy.class)
    void everyCandidateHasAScoreAndNoneABetterOneThanThePick(Policy policy) throws IOException {
        var published = published(StreamSettings.builder().emitScores(true).build(), policy);

        Struct scores = published
                .getFieldsOrThrow("x-gateway-destination-endpoint-scores")
                .getStructValue();
        String pick =
                published.getFieldsOrThrow("x-gateway-destination-endpoint").getStringValue();
        assertThat(scores.getFieldsMap().keySet()).containsExactlyInAnyOrderElementsOf(PickerFixture.ENDPOINTS);
        double best = scores.getFieldsOrThrow(pick).getNumberValue();
        assertThat(scores.getFieldsMap().values())
                .allSatisfy(score -> assertThat(score.getNumberValue()).isLessThanOrEqualTo(best + 0.001));
    }

    @Test
    void scoresArePublishedWhereAskedForOnly() throws IOException {
        assertThat(published(StreamSettings.DEFAULT, Policy.TIME).getFieldsMap())
                .containsOnlyKeys("x-gateway-destination-endpoint");
    }
}
