package dev.pando.collectives;

import dev.pando.collectives.wire.CheckedEndpoint;
import dev.pando.collectives.wire.TransportSettings;
import dev.pando.collectives.wire.TransportSettings.Udp;
import dev.pando.training.step.Collective;
import dev.pando.training.step.Collective.Member;
import dev.pando.training.step.Collective.Membership;
import dev.pando.training.step.Collective.Operation;
import dev.pando.training.step.Collective.Outcome;
import dev.pando.training.step.Collective.Partial;
import dev.pando.training.step.ShardTree.Node;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;

/// A member in a separate process, for tests that kill it. It does what it is told on its standard input:
///
/// ```
/// enter EPOCH NAME=ADDRESS …
/// reduce EPOCH OPERATION MEMBER MEMBERS SHARDS ELEMENTS SEED     an all-reduce of Arrangement.random
/// repeat EPOCH OPERATION MEMBER MEMBERS SHARDS ELEMENTS SEED     the same until it does not end as done
/// ```
final class RemoteMember implements AutoCloseable {
    private final Process process;
    private final BufferedReader answers;
    private final PrintStream orders;
    private final String address;

    private RemoteMember(Process process) throws IOException {
        this.process = process;
        this.answers = process.inputReader(StandardCharsets.UTF_8);
        this.orders = new PrintStream(process.getOutputStream(), true, StandardCharsets.UTF_8);
        this.address = answers.readLine();
        if (address == null || !address.startsWith("pando:")) {
            throw new IllegalStateException("the member's process did not start: " + address);
        }
    }

    static RemoteMember start(Path directory) {
        return start(directory, List.of());
    }

    /// @param within a command that runs the member's
    /// @param host the name of its host, its address there, and how many of the datagrams to it are lost; nothing: this
    ///   host
    static RemoteMember start(Path directory, List<String> within, String... host) {
        List<String> command = new ArrayList<>(within);
        command.add(ProcessHandle.current().info().command().orElseThrow());
        command.addAll(Arrays.asList(System.getProperty("pando.jvm.flags").split(" ")));
        command.addAll(List.of("-Xmx256m", "-XX:TieredStopAtLevel=1", "-cp", System.getProperty("java.class.path")));
        command.addAll(List.of(RemoteMember.class.getName(), directory.toString()));
        command.addAll(List.of(host));
        try {
            return new RemoteMember(new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start());
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }

    String address() {
        return address;
    }

    long pid() {
        return process.pid();
    }

    void enter(Membership membership) {
        StringBuilder line = new StringBuilder("enter " + membership.epoch());
        membership
                .members()
                .forEach(member -> line.append(' ').append(member.name()).append('=').append(member.address()));
        orders.println(line);
    }

    void reduce(Operation operation, int member, int members, int shards, int elements, long seed) {
        orders.println(
                "reduce %d %d %d %d %d %d %d"
                        .formatted(operation.epoch(), operation.number(), member, members, shards, elements, seed));
    }

    void repeat(Operation first, int member, int members, int shards, int elements, long seed) {
        orders.println(
                "repeat %d %d %d %d %d %d %d"
                        .formatted(first.epoch(), first.number(), member, members, shards, elements, seed));
    }

    /// What came of the oldest order that was not answered yet.
    String answer() {
        try {
            return answers.readLine();
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }

    void kill() {
        process.destroyForcibly();
        process.onExit().join();
    }

    @Override
    public void close() {
        orders.close();
        process.onExit().orTimeout(20, TimeUnit.SECONDS).join();
    }

    public static void main(String[] args) throws IOException {
        BufferedReader input = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        TransportSettings settings = TransportSettings.defaults().withDirectory(Path.of(args[0]));
        CheckedEndpoint.Line cable = (_, _) -> true;
        if (args.length > 1) {
            cable = new BadLine(1, Double.parseDouble(args[3]), 0);
            settings = settings.withHost(args[1]).withUdp(Udp.at(args[2]));
        }
        try (Transport transport = Transport.start(settings, cable);
                Collective member = transport.join("remote");
                ExecutorService device =
                        Executors.newSingleThreadExecutor(Thread.ofPlatform().name("device").factory())) {
            System.out.println(member.address());
            for (String line = input.readLine(); line != null; line = input.readLine()) {
                String[] words = line.split(" ");
                if (words[0].equals("enter")) {
                    enter(member, words);
                } else {
                    device.execute(() -> System.out.println(reduce(member, words)));
                }
            }
            member.leave();
        }
    }

    private static void enter(Collective member, String[] words) {
        List<Member> members = new ArrayList<>();
        for (int at = 2; at < words.length; at++) {
            int equals = words[at].indexOf('=');
            members.add(new Member(words[at].substring(0, equals), words[at].substring(equals + 1)));
        }
        member.enter(new Membership("job", Long.parseLong(words[1]), members));
    }

    private static String reduce(Collective member, String[] words) {
        long epoch = Long.parseLong(words[1]);
        long number = Long.parseLong(words[2]);
        int[] numbers = Arrays.stream(words, 3, 7).mapToInt(Integer::parseInt).toArray();
        Arrangement arrangement = Arrangement.random(numbers[1], numbers[2], new Random(Long.parseLong(words[7])));
        int elements = numbers[3];
        List<Partial> partials = new ArrayList<>();
        for (Node node : arrangement.nodes().get(numbers[0])) {
            MemorySegment span = member.memory().allocate("partial", (long) elements * Float.BYTES);
            MemorySegment.copy(Arrangement.sum(node, elements), 0, span, ValueLayout.JAVA_FLOAT, 0, elements);
            partials.add(new Partial(node, span));
        }
        MemorySegment result = member.memory().allocate("result", (long) elements * Float.BYTES);
        MemorySegment expected = MemorySegment.ofArray(Arrangement.sum(arrangement.tree().root(), elements));
        while (true) {
            result.fill((byte) -1);
            Outcome outcome =
                    member.allReduce(
                            Group.PATIENT, new Operation(epoch, number++), arrangement.tree(), partials, result);
            if (!(outcome instanceof Outcome.Done)) {
                return outcome.toString();
            }
            if (result.mismatch(expected) != -1) {
                return "wrong at byte " + result.mismatch(expected) + " in operation " + (number - 1);
            }
            if (words[0].equals("reduce")) {
                return "done";
            }
        }
    }
}
