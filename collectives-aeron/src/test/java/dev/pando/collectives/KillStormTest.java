package dev.pando.collectives;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pando.collectives.wire.TransportSettings;
import dev.pando.training.step.Collective.Member;
import dev.pando.training.step.Collective.Membership;
import dev.pando.training.step.Collective.Operation;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Kills members in the middle of all-reduces that follow upon each other, again and again, each time at another
/// moment.
///
/// `-Dpando.kills=200` kills as often.
class KillStormTest {
    private static final int KILLS = Integer.getInteger("pando.kills", 4);
    private static final int SHARDS = 7;

    @TempDir Path directory;

    private final List<RemoteMember> members = new ArrayList<>();
    private final List<String> names = new ArrayList<>();
    private final Random random = new Random(Long.getLong("pando.seed", 1));
    private long epoch;
    private int incarnations;

    @Test
    void shouldGoOnWithTheRightBitsWhoeverIsKilledWhen() throws IOException {
        for (int kill = 0; kill < KILLS; kill++) {
            while (members.size() < 3) {
                members.add(RemoteMember.start(directory));
                names.add("worker-" + incarnations++);
            }
            long seed = enterAndRepeat();

            CompletableFuture.supplyAsync(
                            () -> 0,
                            CompletableFuture.delayedExecutor(
                                    random.nextInt(60_000), TimeUnit.MICROSECONDS, Runnable::run))
                    .join();
            int victim = random.nextInt(3);
            RemoteMember killed = members.remove(victim);
            String name = names.remove(victim);
            killed.kill();

            String lost =
                    String.format(
                            Locale.ROOT,
                            "MemberLost[member=%s, evidence=its process %d has ended]",
                            name,
                            killed.pid());
            assertThat(members)
                    .as("kill %d of member %d, seed of the arrangement %d", kill, victim, seed)
                    .allSatisfy(member -> assertThat(member.answer()).isEqualTo(lost));
        }
        members.forEach(RemoteMember::close);
        Transport.start(TransportSettings.defaults().withDirectory(directory)).close();
        try (Stream<Path> left = Files.list(directory)) {
            assertThat(left).isEmpty();
        }
    }

    private long enterAndRepeat() {
        epoch++;
        List<Member> list = new ArrayList<>();
        for (int at = 0; at < members.size(); at++) {
            list.add(new Member(names.get(at), members.get(at).address()));
        }
        Membership membership = new Membership("job", epoch, list);
        members.forEach(member -> member.enter(membership));
        long seed = random.nextLong();
        int elements = 1 + random.nextInt(400_000);
        for (int at = 0; at < members.size(); at++) {
            members.get(at).repeat(new Operation(epoch, 0), at, members.size(), SHARDS, elements, seed);
        }
        return seed;
    }
}
