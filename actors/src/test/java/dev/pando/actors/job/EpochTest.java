package dev.pando.actors.job;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class EpochTest {
    @Test
    void shouldTellPeopleWhichSupervisorOpenedAnEpochAndWhichOfItsOwnItIs() {
        assertThat(Epoch.text(Epoch.beforeFirst(2) + 7)).isEqualTo("2.7");
        assertThat(Epoch.text(7)).isEqualTo("7");
    }
}
