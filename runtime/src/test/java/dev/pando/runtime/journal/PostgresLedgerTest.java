package dev.pando.runtime.journal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.pando.actors.owner.Ledger;
import java.io.IOException;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// On a real PostgreSQL that the test starts.
class PostgresLedgerTest extends LedgerTest {
    private static PostgresServer server;

    @BeforeAll
    static void start() throws IOException, InterruptedException {
        server = PostgresServer.start();
    }

    @AfterAll
    static void stop() throws IOException {
        if (server != null) {
            server.close();
        }
    }

    @BeforeEach
    void removeTables() throws SQLException {
        try (Ledger up = open()) {
            assertThat(up.last("any")).isNotNegative(); // waits until the server answers
        }
        try (Connection connection = DriverManager.getConnection(server.url());
                Statement drop = connection.createStatement()) {
            drop.execute("drop table pando_journal, pando_journal_removed");
        }
    }

    @Override
    Ledger open() {
        return new PostgresLedger(server.url());
    }

    @Test
    void shouldGoOnWhenTheServerWasKilledAndStartedAgain() throws IOException, InterruptedException {
        try (Ledger ledger = open()) {
            ledger.append("job", List.of(page(1, "one")));
            server.kill();
            server.startAgain();

            ledger.append("job", List.of(page(2, "one")));

            assertThat(ledger.last("job")).isEqualTo(2);
        }
    }

    @Test
    void shouldSayAtOnceWhatNoPatienceCanMend() {
        try (Ledger ledger = new PostgresLedger(server.url().replace("/postgres", "/nowhere"))) {
            assertThatThrownBy(() -> ledger.last("job"))
                    .hasMessageContaining("the journal's database")
                    .hasMessageContaining("nowhere");
        }
    }
}
