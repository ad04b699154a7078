package dev.pando.runtime.journal;

import com.typesafe.config.Config;
import dev.pando.actors.job.Stopwatch;
import dev.pando.actors.owner.Ledger;
import dev.pando.runtime.settings.UserError;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.sql.Timestamp;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Properties;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Journals in a PostgreSQL, for a grove whose hosts share no disk. A page's number is the table's key, so that it is
/// given away once.
///
/// A server that is restarted, or fails over, is waited for: meanwhile training goes on, since nothing waits for the
/// journal but a supervisor that is about to take over.
public final class PostgresLedger implements Ledger {
    /// How JDBC URLs for this ledger begin.
    public static final String SCHEME = "jdbc:postgresql:";

    private static final Logger LOG = LoggerFactory.getLogger(PostgresLedger.class);
    private static final double PATIENCE_SECONDS =
            30; // with a last try less than Pekko's with a write, see pando.journal
    private static final long BEFORE_ANOTHER_TRY_MS = 200;

    private static final String TABLES =
            """
            create table if not exists pando_journal (
                journal text not null,
                number bigint not null,
                at timestamptz not null,
                writer text not null,
                serializer int not null,
                manifest text not null,
                adapter text not null,
                payload bytea not null,
                primary key (journal, number));
            create table if not exists pando_journal_removed (
                journal text primary key,
                number bigint not null)\
            """;

    private static final String INSERT =
            """
            insert into pando_journal (journal, number, at, writer, serializer, manifest, adapter, payload)
            values (?, ?, ?, ?, ?, ?, ?, ?) on conflict do nothing\
            """;

    private static final String SELECT =
            """
            select number, serializer, manifest, payload, writer, adapter, at from pando_journal
            where journal = ? and number between ? and ? order by number\
            """;

    private static final String LAST =
            """
            select greatest(
                (select coalesce(max(number), 0) from pando_journal where journal = ?),
                (select coalesce(max(number), 0) from pando_journal_removed where journal = ?))\
            """;

    private static final String REMEMBER =
            """
            insert into pando_journal_removed (journal, number) values (?, ?)
            on conflict (journal) do update set number = greatest(pando_journal_removed.number, excluded.number)\
            """;

    private static final String DELETE = "delete from pando_journal where journal = ? and number <= ?";

    /// What is done in one transaction, and may be done again where it is not known how it ended.
    @FunctionalInterface
    private interface Work<T> {
        T with(Connection connection) throws SQLException;
    }

    private final String url;
    private final Stopwatch stopwatch = Stopwatch.system();
    private final CountDownLatch closing = new CountDownLatch(1);
    private Optional<Connection> open = Optional.empty();

    /// @param config has the key `url`, with user and password where the server wants them
    public PostgresLedger(Config config) {
        this(config.getString("url"));
    }

    /// @throws UserError where the driver, which an embedding program need not have, is not on the class path
    PostgresLedger(String url) {
        try {
            Class.forName("org.postgresql.Driver");
        } catch (ClassNotFoundException absent) {
            throw new UserError(
                    "pando.grove.journal is in a PostgreSQL, and its driver is not on the class path; add"
                            + " org.postgresql:postgresql",
                    absent);
        }
        this.url = url;
    }

    @Override
    public void append(String journal, List<Page> pages) {
        run(connection -> {
            for (Page page : pages) {
                insert(connection, journal, page);
            }
            return null;
        });
    }

    private static void insert(Connection connection, String journal, Page page) throws SQLException {
        try (PreparedStatement insert = connection.prepareStatement(INSERT)) {
            insert.setString(1, journal);
            insert.setLong(2, page.number());
            insert.setTimestamp(3, new Timestamp(page.timestampMillis()));
            insert.setString(4, page.writer());
            insert.setInt(5, page.serializer());
            insert.setString(6, page.manifest());
            insert.setString(7, page.adapter());
            insert.setBytes(8, page.payload());
            if (insert.executeUpdate() == 1) {
                return;
            }
        }
        String by = select(connection, journal, page.number(), page.number()).getFirst().writer();
        if (!by.equals(page.writer())) { // else it is known now how an earlier try ended
            throw new Taken(journal, page.number(), by);
        }
    }

    @Override
    public void read(String journal, long from, long to, Consumer<Page> reader) {
        run(connection -> select(connection, journal, from, to)).forEach(reader);
    }

    private static List<Page> select(Connection connection, String journal, long from, long to) throws SQLException {
        try (PreparedStatement select = connection.prepareStatement(SELECT)) {
            select.setString(1, journal);
            select.setLong(2, from);
            select.setLong(3, to);
            List<Page> pages = new ArrayList<>();
            try (ResultSet rows = select.executeQuery()) {
                while (rows.next()) {
                    pages.add(
                            new Page(
                                    rows.getLong(1),
                                    rows.getInt(2),
                                    rows.getString(3),
                                    rows.getBytes(4),
                                    rows.getString(5),
                                    rows.getString(6),
                                    rows.getTimestamp(7).getTime()));
                }
            }
            return pages;
        }
    }

    @Override
    public long last(String journal) {
        return run(connection -> {
            try (PreparedStatement last = connection.prepareStatement(LAST)) {
                last.setString(1, journal);
                last.setString(2, journal);
                try (ResultSet rows = last.executeQuery()) {
                    rows.next();
                    return rows.getLong(1);
                }
            }
        });
    }

    @Override
    public void remove(String journal, long to) {
        run(connection -> {
            for (String statement : List.of(REMEMBER, DELETE)) {
                try (PreparedStatement step = connection.prepareStatement(statement)) {
                    step.setString(1, journal);
                    step.setLong(2, to);
                    step.executeUpdate();
                }
            }
            return null;
        });
    }

    /// Does it, once more on another connection where this one failed, until the server answers or patience ends.
    private <T> T run(Work<T> work) {
        long begin = stopwatch.nanos();
        while (true) {
            try {
                return attempt(work);
            } catch (SQLException failure) {
                disconnect();
                if (!isPassing(failure) || stopwatch.secondsSince(begin) > PATIENCE_SECONDS || isClosing()) {
                    throw new IllegalStateException("the journal's database: " + failure.getMessage(), failure);
                }
                LOG.warn("the journal's database does not answer, trying again: {}", failure.getMessage());
            }
        }
    }

    private <T> T attempt(Work<T> work) throws SQLException {
        Connection connection = connection();
        try {
            T result = work.with(connection);
            connection.commit();
            return result;
        } catch (RuntimeException fault) { // Taken above all
            connection.rollback();
            throw fault;
        }
    }

    private Connection connection() throws SQLException {
        if (open.isEmpty()) {
            Properties properties = new Properties();
            properties.setProperty("ApplicationName", "pando");
            properties.setProperty("connectTimeout", "5");
            properties.setProperty("socketTimeout", "10");
            properties.setProperty("tcpKeepAlive", "true");
            Connection connection = DriverManager.getConnection(url, properties);
            open = Optional.of(connection);
            connection.setAutoCommit(false);
            try (Statement tables = connection.createStatement()) {
                tables.execute("select pg_advisory_xact_lock(5226046)"); // two nodes may be the first at once
                tables.execute(TABLES);
            }
            connection.commit();
        }
        return open.orElseThrow();
    }

    /// Whether the connection failed, or the server is about to go or to come; anything else is a fault of ours.
    private static boolean isPassing(SQLException failure) {
        String state = failure.getSQLState() == null ? "08000" : failure.getSQLState();
        return state.startsWith("08") || state.startsWith("57P") || state.startsWith("40") || state.equals("25006");
    }

    private boolean isClosing() {
        try {
            return closing.await(BEFORE_ANOTHER_TRY_MS, TimeUnit.MILLISECONDS);
        } catch (InterruptedException hurried) {
            Thread.currentThread().interrupt();
            return true;
        }
    }

    private void disconnect() {
        open.ifPresent(connection -> {
            try {
                connection.close();
            } catch (SQLException gone) {
                LOG.debug("the connection was gone already: {}", gone.getMessage());
            }
        });
        open = Optional.empty();
    }

    @Override
    public void close() {
        closing.countDown();
        disconnect();
    }
}
