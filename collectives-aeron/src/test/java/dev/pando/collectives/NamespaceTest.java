package dev.pando.collectives;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.abort;

import dev.pando.training.step.Collective.Member;
import dev.pando.training.step.Collective.Membership;
import dev.pando.training.step.Collective.Operation;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Members on two hosts, as far as they can tell, with a cable between them that delays and loses; where the kernel
/// cannot do that, the members lose datagrams themselves.
class NamespaceTest {
    @TempDir Path directory;

    @Test
    void shouldReduceAcrossACableThatDelaysAndLoses() {
        try (Namespaces hosts = new Namespaces("delay 10ms loss 1%")) {
            List<RemoteMember> members = new ArrayList<>();
            for (int at = 0; at < 3; at++) { // two of them on one host
                members.add(
                        RemoteMember.start(
                                directory,
                                hosts.inside(at % 2),
                                "host-" + at % 2,
                                hosts.address(at % 2),
                                hosts.isImpaired() ? "0" : "0.01"));
            }
            enter(members);

            for (int operation = 0; operation < 2; operation++) {
                for (int at = 0; at < 3; at++) {
                    members.get(at).reduce(new Operation(1, operation), at, 3, 8, 150_007, 5);
                }
                assertThat(members).allSatisfy(member -> assertThat(member.answer()).isEqualTo("done"));
            }
            members.forEach(RemoteMember::close);
        } catch (IOException refused) {
            abort("no network namespaces can be made here: " + refused.getMessage());
        }
    }

    private static void enter(List<RemoteMember> members) {
        List<Member> list = new ArrayList<>();
        members.forEach(member -> list.add(new Member("worker-" + list.size(), member.address())));
        members.forEach(member -> member.enter(new Membership("job", 1, list)));
    }
}
