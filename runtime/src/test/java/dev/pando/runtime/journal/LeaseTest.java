package dev.pando.runtime.journal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.pando.actors.owner.Ledger;
import dev.pando.runtime.journal.Lease.Holder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Two groves on one ledger: one of them writes.
class LeaseTest {
    @TempDir private Path folder;

    @Test
    void shouldBeOneGrovesAlone() {
        try (Lease one = lease();
                Lease other = lease()) {
            assertThat(one.holder()).isEmpty();

            assertThat(one.write(new Holder(1, "one", List.of("a:1"), false))).isTrue();
            assertThat(other.write(new Holder(1, "other", List.of("b:1"), false))).isFalse();

            assertThat(other.holder()).hasValue(new Holder(1, "one", List.of("a:1"), false));
        }
    }

    /// The fence holds also where both groves exist, and both lead the job.
    @Test
    void shouldLetOnlyItsHolderWriteAnyJournal() {
        try (Lease lease = lease();
                Ledger one = new LeasedLedger(new FileLedger(folder), "one");
                Ledger other = new LeasedLedger(new FileLedger(folder), "other")) {
            lease.write(new Holder(1, "one", List.of("a:1"), false));
            one.append("job", List.of(LedgerTest.page(1, "one")));
            assertThatThrownBy(() -> other.append("job", List.of(LedgerTest.page(2, "other"))))
                    .isInstanceOf(Ledger.Taken.class);

            lease.write(new Holder(2, "other", List.of("b:1"), false));

            assertThatThrownBy(() -> one.append("job", List.of(LedgerTest.page(2, "one"))))
                    .isInstanceOf(Ledger.Taken.class)
                    .hasMessageContaining("the grove of b:1");
            assertThatThrownBy(() -> one.remove("job", 1)).isInstanceOf(Ledger.Taken.class);
            other.append("job", List.of(LedgerTest.page(2, "other")));
            assertThat(one.last("job")).isEqualTo(2);
        }
    }

    @Test
    void shouldNotGrowForAsLongAsAGroveLives() throws Exception {
        try (Lease lease = lease()) {
            for (long page = 1; page <= 500; page++) {
                assertThat(lease.write(new Holder(page, "one", List.of(), false))).isTrue();
            }

            assertThat(lease.holder()).map(Holder::page).hasValue(500L);
        }
        try (Stream<Path> files = Files.walk(folder)) {
            assertThat(files).hasSizeLessThan(100);
        }
    }

    private Lease lease() {
        return new Lease(new FileLedger(folder), Clock.systemUTC());
    }
}
