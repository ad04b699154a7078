package dev.pando.chaos.survival;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pando.chaos.faults.FaultScript;
import dev.pando.chaos.survival.Orders.Order;
import dev.pando.chaos.survival.Orders.Struck;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class OrdersTest {
    @TempDir private Path folder;

    @Test
    void shouldHandOverEachOrderAndEachStrikeOnce() {
        Orders giver = new Orders(folder, "node-1");
        Orders taker = new Orders(folder, "node-1");
        Order first = order(1, "throw worker-0 at step 0");
        Order second = order(2, "device error xid 74 on worker-1 at step 0");

        giver.give(first);
        assertThat(taker.next()).containsExactly(first);

        giver.give(second);
        assertThat(taker.next()).containsExactly(second);
        assertThat(taker.next()).isEmpty();

        Struck struck = new Struck(2, Instant.parse("2026-01-01T00:00:00.5Z"), "node-1.worker-1 in compute of step 7");
        taker.struck(struck);
        assertThat(giver.strikes()).containsExactly(struck);
        assertThat(giver.strikes()).isEmpty();
    }

    @Test
    void shouldSayWhatCannotBeDoneToRealProcesses() {
        assertThat(refusal("kill node-5 at step 1"))
                .hasValue("\"kill node-5 at step 1\": the nodes are node-1 to node-4");
        assertThat(refusal("partition node-1 | node-2 for 5 steps at step 4").orElseThrow())
                .endsWith("nothing injects partition into real processes; `pando chaos simulate` does");
        assertThat(refusal("throw worker-1 when worker-0 votes").orElseThrow()).contains("struck at a step or a rate");
        for (String fine :
                List.of(
                        "kill node-4 at step 1",
                        "hang leader at step 2",
                        "throw worker-1 at step 3",
                        "poisoned batch at step 3",
                        "loss spike worker-1 x1000 at step 3",
                        "disk full at step 4")) {
            assertThat(refusal(fine)).as(fine).isEmpty();
        }
    }

    private static java.util.Optional<String> refusal(String fault) {
        return Due.refusal(FaultScript.parse(fault).faults().getFirst(), 4);
    }

    private static Order order(int number, String fault) {
        return new Order(number, FaultScript.parse(fault).faults().getFirst());
    }
}
