package dev.pando.bench.collectives;

import dev.pando.bench.Spread;
import dev.pando.collectives.Communicator;
import dev.pando.collectives.Transport;
import dev.pando.collectives.wire.TransportSettings;
import dev.pando.runtime.processes.OwnJvm;
import dev.pando.training.step.Collective.Deadline;
import dev.pando.training.step.Collective.Member;
import dev.pando.training.step.Collective.Membership;
import dev.pando.training.step.Collective.Operation;
import dev.pando.training.step.Collective.Outcome;
import dev.pando.training.step.Collective.Partial;
import dev.pando.training.step.ShardTree;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;

/// How long the others hang when a process is killed in the middle of an all-reduce, and how long it takes them to
/// reduce again without it.
///
/// All processes read one clock, the machine's monotonic one.
public final class ReleaseBench {
    private static final int RANKS = 3;
    private static final long BYTES = 4 << 20;

    private record Rank(Process process, BufferedReader answers, PrintStream orders, String address) {}

    private ReleaseBench() {}

    /// @param args number of kills
    public static void main(String[] args) throws Exception {
        if (args[0].equals("rank")) {
            serve();
            return;
        }
        int kills = Integer.parseInt(args[0]);
        double[] release = new double[kills];
        double[] regroup = new double[kills];
        List<Rank> ranks = new ArrayList<>();
        try {
            long epoch = 0;
            for (int kill = 0; kill < kills; kill++) {
                while (ranks.size() < RANKS) {
                    ranks.add(start());
                }
                latest(enter(ranks, ++epoch), "first");
                Rank victim = ranks.remove(kill % RANKS);
                long killed = System.nanoTime();
                victim.process().destroyForcibly();
                release[kill] = (latest(ranks, "ended") - killed) / 1e6;
                long asked = System.nanoTime();
                regroup[kill] = (latest(enter(ranks, ++epoch), "first") - asked) / 1e6;
            }
        } finally {
            ranks.forEach(rank -> rank.process().destroyForcibly());
        }
        report("release_ms", kills, release);
        report("regroup_ms", kills, regroup);
    }

    private static void report(String what, int kills, double[] times) {
        Spread spread = Spread.of(times);
        System.out.printf(
                Locale.ROOT,
                "{\"bench\": \"death\", \"measure\": \"%s\", \"world\": %d, \"bytes\": %d, \"kills\": %d,"
                        + " \"median\": %.2f, \"p10\": %.2f, \"p90\": %.2f}%n",
                what,
                RANKS,
                BYTES,
                kills,
                spread.median(),
                spread.low(),
                spread.high());
    }

    private static Rank start() throws IOException {
        List<String> command = OwnJvm.command(ReleaseBench.class.getName());
        command.add("rank");
        Process process = new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.DISCARD).start();
        BufferedReader answers = process.inputReader(StandardCharsets.UTF_8);
        String address = answers.readLine();
        while (!address.startsWith("pando:")) {
            address = answers.readLine();
        }
        return new Rank(
                process, answers, new PrintStream(process.getOutputStream(), true, StandardCharsets.UTF_8), address);
    }

    private static List<Rank> enter(List<Rank> ranks, long epoch) {
        StringBuilder order = new StringBuilder().append(epoch);
        for (Rank rank : ranks) {
            order.append(' ').append(rank.process().pid()).append(' ').append(rank.address());
        }
        ranks.forEach(rank -> rank.orders().println(order));
        return ranks;
    }

    /// When the last of them said so.
    private static long latest(List<Rank> ranks, String word) throws IOException {
        long latest = Long.MIN_VALUE;
        for (Rank rank : ranks) {
            String[] answer = rank.answers().readLine().split(" ");
            while (!answer[0].equals(word)) {
                answer = rank.answers().readLine().split(" ");
            }
            latest = Math.max(latest, Long.parseLong(answer[1]));
        }
        return latest;
    }

    private static void serve() throws IOException {
        BufferedReader orders = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        try (Transport transport = Transport.start(TransportSettings.defaults());
                Communicator member = transport.join("rank");
                ExecutorService device =
                        Executors.newSingleThreadExecutor(Thread.ofPlatform().name("device").factory())) {
            MemorySegment mine = member.memory().allocate("mine", BYTES);
            MemorySegment sum = member.memory().allocate("sum", BYTES);
            System.out.println(member.address());
            for (String line = orders.readLine(); line != null; line = orders.readLine()) {
                String[] words = line.split(" ");
                long epoch = Long.parseLong(words[0]);
                List<Member> members = new ArrayList<>();
                for (int at = 1; at < words.length; at += 2) {
                    members.add(new Member(words[at], words[at + 1]));
                }
                member.enter(new Membership("death", epoch, members));
                int rank = members.stream().map(Member::address).toList().indexOf(member.address());
                device.execute(() -> reduce(member, epoch, rank, members.size(), mine, sum));
            }
        }
    }

    private static void reduce(
            Communicator member, long epoch, int rank, int size, MemorySegment mine, MemorySegment sum) {
        ShardTree tree = new ShardTree(size);
        List<Partial> partials = List.of(new Partial(tree.leaf(rank), mine));
        Deadline patience = new Deadline("the benchmark", TimeUnit.MINUTES.toNanos(1));
        for (long number = 0; ; number++) {
            Outcome outcome = member.allReduce(patience, new Operation(epoch, number), tree, partials, sum);
            if (!(outcome instanceof Outcome.Done)) {
                System.out.println("ended " + System.nanoTime() + " " + outcome);
                return;
            }
            if (number == 0) {
                System.out.println("first " + System.nanoTime());
            }
        }
    }
}
