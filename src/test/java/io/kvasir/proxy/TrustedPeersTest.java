package io.kvasir.proxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class TrustedPeersTest {
    private static boolean holds(String list, String peer) {
        return TrustedPeers.of(List.of(list.split(","))).hold(peer);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "10.0.0.1|10.0.0.1|true",
                "10.0.0.1|10.0.0.2|false",
                "10.0.0.0/8|10.255.1.2|true",
                "10.0.0.0/8|11.0.0.1|false",
                "10.1.2.3/8|10.9.9.9|true",
                "192.168.4.0/22|192.168.7.255|true",
                "192.168.4.0/22|192.168.8.0|false",
                "0.0.0.0/0|203.0.113.9|true",
                "0.0.0.0/0|fd00::1|false",
                "10.0.0.1/32|10.0.0.1|true",
                "fd00::/8|fdab::1|true",
                "fd00::/8|fe80::1|false",
                "2001:db8::/33|2001:db8:7fff::1|true",
                "2001:db8::/33|2001:db8:8000::1|false",
                "::1|0:0:0:0:0:0:0:1|true",
                "::1|0:0:0:0:0:0:0:1%0|true",
                "::/0|fd00::1|true",
                "[fd00::1]|fd00::1|true",
                "10.0.0.0/8|::ffff:10.0.0.7|true",
                "::ffff:10.0.0.0/104|10.0.0.7|true",
                "::ffff:10.0.0.0/104|11.0.0.7|false",
                "10.0.0.1, 192.168.0.0/16|192.168.3.4|true",
                "10.0.0.1,10.0.0.1|10.0.0.1|true",
                "10.0.0.0/8|not an address|false"
            })
    void anAddressIsBelievedWhereOneOfTheBlocksHoldsIt(String list, String peer, boolean held) {
        assertThat(holds(list, peer)).isEqualTo(held);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "nonsense",
                "10.0.0",
                "10.0.0.0/33",
                "10.0.0.0/-1",
                "10.0.0.0/",
                "10.0.0.0/8/8",
                "10.0.0.0/x",
                "fd00::/129",
                "proxy.example.com",
                "10.0.0.1:80",
                "10.0.0.256",
                "/8",
                "",
                "::ffff:10.0.0.0/8",
                "10.0.0.0/255.0.0.0"
            })
    void whatIsNoAddressIsRefused(String text) {
        assertThatThrownBy(() -> TrustedPeers.of(List.of("10.0.0.1", text)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage(text);
    }

    @Test
    void nobodyIsBelievedUnlessToldSo() {
        assertThat(TrustedPeers.NONE.hold("127.0.0.1")).isFalse();
    }
}
