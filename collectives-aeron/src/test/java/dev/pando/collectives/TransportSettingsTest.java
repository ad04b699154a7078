package dev.pando.collectives;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class TransportSettingsTest {
    @Test
    void shouldLetManyDatagramsBeUnderWayBetweenHosts() {
        TransportSettings.Udp udp = TransportSettings.Udp.at("127.0.0.1");

        assertThat(udp.windowBytes()).isGreaterThanOrEqualTo(8 * udp.mtuBytes());
    }
}
