package dev.pando.collectives.wire;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class TransportSettingsTest {
    @Test
    void shouldLetSeveralDatagramsBeUnderWayBetweenHosts() {
        TransportSettings.Udp udp = TransportSettings.Udp.at("127.0.0.1");

        assertThat(udp.windowBytes()).isGreaterThanOrEqualTo(4 * udp.mtuBytes());
    }
}
