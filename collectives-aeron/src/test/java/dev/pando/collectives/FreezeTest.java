package dev.pando.collectives;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pando.training.step.Collective.Member;
import dev.pando.training.step.Collective.Membership;
import dev.pando.training.step.Collective.Operation;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A member that stands still in the middle of an operation, is given up, and comes back.
class FreezeTest {
    @TempDir Path directory;

    private final List<RemoteMember> members = new ArrayList<>();

    @BeforeEach
    void start() {
        for (int at = 0; at < 3; at++) {
            members.add(RemoteMember.start(directory));
        }
    }

    @AfterEach
    void stop() throws Exception {
        signal("CONT");
        members.forEach(RemoteMember::close);
    }

    @Test
    void shouldNeitherBeSlowedNorDisturbedByAMemberThatComesBackFromTheDead() throws Exception {
        enter(1, 3);
        members.forEach(member -> member.repeat(new Operation(1, 0), members.indexOf(member), 3, 8, 300_007, 1));
        signal("STOP");

        enter(2, 2);
        assertThat(members.get(0).answer()).isEqualTo("EpochOver[current=2]");
        assertThat(members.get(1).answer()).isEqualTo("EpochOver[current=2]");
        reduce(2, 0, 2);
        signal("CONT");
        for (int operation = 1; operation < 20; operation++) {
            reduce(2, operation, 2);
        }
        assertThat(members.get(2).answer()).isEqualTo("EpochOver[current=2]");

        enter(3, 3);
        reduce(3, 0, 3);
    }

    private void reduce(long epoch, long operation, int size) {
        for (int at = 0; at < size; at++) {
            members.get(at).reduce(new Operation(epoch, operation), at, size, 8, 300_007, 7);
        }
        assertThat(members.subList(0, size)).allSatisfy(member -> assertThat(member.answer()).isEqualTo("done"));
    }

    private void enter(long epoch, int size) {
        List<Member> list = new ArrayList<>();
        for (int at = 0; at < size; at++) {
            list.add(new Member("worker-" + at, members.get(at).address()));
        }
        members.subList(0, size).forEach(member -> member.enter(new Membership("job", epoch, list)));
    }

    private void signal(String name) throws IOException, InterruptedException {
        String pid = Long.toString(members.get(2).pid());
        assertThat(new ProcessBuilder("kill", "-" + name, pid).start().waitFor()).isZero();
    }
}
