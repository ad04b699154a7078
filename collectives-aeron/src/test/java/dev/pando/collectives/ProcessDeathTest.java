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
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ProcessDeathTest {
    private static final int SHARDS = 8;
    private static final int ELEMENTS = 50_021;
    private static final long SEED = 11;

    @TempDir Path directory;

    private final List<RemoteMember> members = new ArrayList<>();

    @BeforeEach
    void start() {
        Stream.generate(() -> RemoteMember.start(directory)).limit(3).forEach(members::add);
    }

    @AfterEach
    void stop() {
        members.forEach(RemoteMember::close);
    }

    @Test
    void shouldReduceAmongProcesses() {
        enter(1, members);
        reduce(1, members);

        assertThat(members).allSatisfy(member -> assertThat(member.answer()).isEqualTo("done"));
    }

    @Test
    void shouldNameTheKilledMemberAndFormAnewWithoutIt() {
        enter(1, members);
        reduce(1, members.subList(0, 2));
        RemoteMember victim = members.removeLast();
        victim.kill();

        String evidence = "MemberLost[member=worker-2, evidence=its process " + victim.pid() + " has ended]";
        assertThat(members).allSatisfy(member -> assertThat(member.answer()).isEqualTo(evidence));

        enter(2, members);
        reduce(2, members);

        assertThat(members).allSatisfy(member -> assertThat(member.answer()).isEqualTo("done"));
    }

    @Test
    void shouldClearAwayWhatAKilledProcessHasLeft() throws IOException {
        RemoteMember victim = members.removeLast();
        victim.kill();
        assertThat(folders()).hasSize(3);

        Transport.start(TransportSettings.defaults().withDirectory(directory)).close();

        assertThat(folders()).hasSize(2).noneMatch(name -> name.contains("-" + victim.pid() + "-"));
    }

    @Test
    void shouldLeaveNothingBehindWhenAllEndInOrder() throws IOException {
        enter(1, members);
        reduce(1, members);
        members.forEach(RemoteMember::answer);

        members.forEach(RemoteMember::close);

        assertThat(folders()).isEmpty();
    }

    private void enter(long epoch, List<RemoteMember> group) {
        List<Member> list = new ArrayList<>();
        group.forEach(member -> list.add(new Member("worker-" + list.size(), member.address())));
        group.forEach(member -> member.enter(new Membership("job", epoch, list)));
    }

    /// Orders the members to reduce; as many as stand in the epoch with as many nodes as the victim of the test leaves
    /// open.
    private void reduce(long epoch, List<RemoteMember> group) {
        for (int at = 0; at < group.size(); at++) {
            int size = epoch == 1 ? 3 : 2;
            group.get(at).reduce(new Operation(epoch, 0), at, size, SHARDS, ELEMENTS, SEED);
        }
    }

    private List<String> folders() throws IOException {
        try (Stream<Path> found = Files.list(directory)) {
            return found.map(path -> path.getFileName().toString()).toList();
        }
    }
}
