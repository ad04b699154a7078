package dev.pando.chaos.simulation.world;

import dev.pando.actors.NodeSupervisor;
import dev.pando.actors.job.DeviceThread;
import dev.pando.actors.job.JobEntry;
import dev.pando.actors.job.JobEvent;
import dev.pando.actors.job.JobSpec;
import dev.pando.actors.job.ReplicaFactory;
import dev.pando.actors.stage.PipelineStage;
import dev.pando.chaos.faults.Fault;
import dev.pando.chaos.faults.FaultScript;
import dev.pando.chaos.faults.Target;
import dev.pando.chaos.injection.Firing;
import dev.pando.chaos.injection.Injection;
import dev.pando.chaos.simulation.engine.Engine;
import dev.pando.chaos.simulation.engine.Node;
import dev.pando.chaos.simulation.engine.SimulatedSystem;
import dev.pando.chaos.simulation.engine.Task;
import dev.pando.chaos.simulation.engine.Wait;
import dev.pando.chaos.simulation.engine.World;
import dev.pando.training.step.CheckpointStore;
import dev.pando.training.step.Collective;
import dev.pando.training.step.Trainer;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.apache.pekko.Done;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.internal.AdaptWithRegisteredMessageAdapter;
import org.apache.pekko.actor.typed.javadsl.Behaviors;

/// A job on simulated machines, with the actors that ship: nodes that die, stand still and cannot hear each other,
/// devices that fail, a disk, and a listener.
// Long because all that nodes, engine and witness ask of a world meets here.
public final class SimulatedWorld implements World, AutoCloseable {
    /// Sees every turn.
    public interface Witness {
        void took(long nowNs, String path, Object message, Object behavior);

        /// A fault has struck.
        void struck(long nowNs, String what);

        /// This was reported.
        void told(JobEvent event);

        /// A supervisor whose job shards optimizer state tells its owner of this.
        void says(String supervisor, JobEvent event);

        /// A worker of such a job is told something.
        void ordered(Object order);
    }

    private static final int SHARD = 41;
    private static final int SPEED = 42;
    private static final int LATE = 43;
    private static final long LATE_ONE_IN = 12;
    private static final long LATEST_NS = 15_000_000_000L;
    private static final long SHARD_NS = 200_000_000;
    private static final String JOB = "job";
    private static final String COPIER = "snapshot-"; // before the name of a worker: a thread

    private final SimulatedSystem system;
    private final Engine engine;
    private final Plan plan;
    private final Tampering tampering;
    private final Witness witness;
    private final Arena arena = Arena.ofConfined();
    private final Network network;
    private final Grove grove;
    private final Hub hub;
    private final SimulatedDisk disk;
    private final Injection injection;
    private final NodeFaults nodeFaults;
    private final Map<String, Node> nodes = new TreeMap<>();
    private final Map<String, ActorRef<NodeSupervisor.Command>> supervisors = new TreeMap<>();
    private final Map<Integer, Integer> processes = new TreeMap<>(); // that each machine has had
    private final List<JobEvent> events = new ArrayList<>();
    private final List<JobEvent> journalled = new ArrayList<>();
    private final List<Fault> struck = new ArrayList<>();
    private final Map<Integer, NodeClock> clocks = new TreeMap<>(); // of each machine
    private final Ownership ownership;
    private ActorRef<SimulatedSystem.Do> root;
    private boolean ended;
    private boolean ambushed;
    private long computed;

    public SimulatedWorld(SimulatedSystem system, Plan plan, Tampering tampering, Witness witness) {
        this.system = system;
        this.engine = system.engine();
        this.plan = plan;
        this.tampering = tampering;
        this.witness = witness;
        this.network = new Network(engine);
        this.grove = new Grove(engine, network);
        this.hub = new Hub(engine, network, arena);
        this.disk = new SimulatedDisk(engine);
        this.root = system.begin(plan.seed(), this);
        List<Fault> ofDevices = plan.faults().faults().stream().filter(fault -> !NodeFaults.isOne(fault)).toList();
        this.injection =
                Injection.in(new FaultScript(ofDevices), plan.seed(), disk, new VirtualPatience(engine), this::struck);
        JobSpec job =
                new JobSpec(JOB, plan.steps(), plan.shards(), plan.workers(), plan.checkpointEvery(), "")
                        .skipping(Model.SKIP)
                        .sharded(plan.optimizerCopies());
        this.ownership = new Ownership(this, job, root, this::hear);
        this.nodeFaults = new NodeFaults(this, plan.faults().faults().stream().filter(NodeFaults::isOne).toList());
    }

    /// Begins the job.
    public void begin() {
        for (int machine = 0; machine < plan.nodes(); machine++) {
            int late = machine;
            if (machine > 0 && Long.remainderUnsigned(engine.dice(LATE, machine), LATE_ONE_IN) == 0) {
                engine.after(
                        Long.remainderUnsigned(engine.dice(LATE, machine, 1), LATEST_NS),
                        null,
                        machine,
                        () -> start(late));
            } else {
                start(machine);
            }
        }
        system.engine().settle();
        ownership.place();
        nodeFaults.begin();
    }

    private void hear(JobEvent event) {
        events.add(event);
        witness.told(event);
        ended |=
                event instanceof JobEvent.Finished
                        || event instanceof JobEvent.Failed
                        || event instanceof JobEvent.Stopped;
    }

    private void struck(Firing firing) {
        struck.add(firing.fault());
        witness.struck(engine.nowNs(), firing.toString());
    }

    void struck(Fault fault, String what) {
        struck.add(fault);
        witness.struck(engine.nowNs(), what);
    }

    public boolean isOver() {
        return ended;
    }

    public List<JobEvent> events() {
        return events;
    }

    /// Faults that have struck.
    public List<Fault> struck() {
        return struck;
    }

    Engine engine() {
        return engine;
    }

    Network network() {
        return network;
    }

    Grove grove() {
        return grove;
    }

    Hub hub() {
        return hub;
    }

    Plan plan() {
        return plan;
    }

    // ---- nodes -----------------------------------------------------------------------------------------------------

    /// A process starts on a machine.
    void start(int machine) {
        int process = processes.merge(machine, 1, Integer::sum);
        String name = "node-" + machine + (process == 1 ? "" : "." + process);
        Node node = new Node(name, machine);
        nodes.put(name, node);
        grove.joins(node);
        List<String> devices = new ArrayList<>();
        for (int device = 0; device < plan.devices(); device++) {
            String worker = "worker-" + (machine * plan.devices() + device);
            devices.add(process == 1 ? worker : "p" + process + "." + worker);
        }
        root.tell(
                new SimulatedSystem.Do(context ->
                        supervisors.put(
                                name,
                                context.spawn(
                                        NodeSupervisor.create(
                                                devices,
                                                injection.apply(new Bench(node)),
                                                engine::nowNs,
                                                thread -> thread(node, thread)),
                                        name))));
    }

    private DeviceThread thread(Node node, String name) {
        Task task = new Task(engine, node, name);
        return name.startsWith(COPIER)
                ? new SlowCopier(
                        engine, task, name.hashCode(), () -> injection.copying(name.substring(COPIER.length())))
                : task;
    }

    /// The process that runs on a machine, if one has started yet.
    Stream<Node> running(int machine) {
        int process = processes.getOrDefault(machine, 1);
        return Stream.ofNullable(nodes.get("node-" + machine + (process == 1 ? "" : "." + process)));
    }

    /// A process ends without a word; what is left of it is swept away once the others have noticed.
    void kill(Node node, long noticedAfterNs) {
        node.die();
        hub.on(node).forEach(SimulatedCollective::vanish);
        engine.after(
                noticedAfterNs,
                null,
                node.number(),
                () -> {
                    root.tell(new SimulatedSystem.Do(context -> context.stop(supervisors.get(node.name()))));
                    putOut(node);
                });
    }

    /// The others go on without a node, which may not know it yet.
    void putOut(Node node) {
        grove.removed(node);
        ownership.left(node);
    }

    /// A node is to let go of what it does.
    ///
    /// @param left what happens once it has
    void askToLeave(Node node, Runnable left) {
        root.tell(
                new SimulatedSystem.Do(context -> {
                    ActorRef<Done> done =
                            context.spawnAnonymous(
                                    Behaviors.<Done>receiveMessage(answer -> {
                                        left.run();
                                        return Behaviors.stopped();
                                    }));
                    supervisors.get(node.name()).tell(new NodeSupervisor.Leave(done));
                }));
    }

    /// Nodes that could own the job, the first one first.
    Stream<Node> candidates() {
        return nodes.values().stream()
                .filter(node -> node.isUp() && supervisors.containsKey(node.name()) && !network.isApart(node));
    }

    ActorRef<NodeSupervisor.Command> supervisor(Node node) {
        return supervisors.get(node.name());
    }

    NodeClock clock(Node node) {
        return clocks.computeIfAbsent(node.number(), machine -> new NodeClock(engine));
    }

    NodeClock clock(int machine) {
        return clocks.computeIfAbsent(machine, each -> new NodeClock(engine));
    }

    /// Whether a checkpoint after this many steps was published.
    public boolean isOnDisk(long step) {
        return disk.open().list().stream().anyMatch(saved -> saved.step() == step);
    }

    /// Events that are in the job's journal.
    public List<JobEvent> journalled() {
        return journalled;
    }

    @Override
    public void wrote(Object entry) {
        if (entry instanceof JobEntry.Happened(_, JobEvent event)) {
            journalled.add(event);
        }
    }

    @Override
    public Journal journal(long number) {
        return nodeFaults.journal(number);
    }

    // ---- what the engine asks --------------------------------------------------------------------------------------

    @Override
    public Node node(String path) {
        int slash = path.indexOf('/');
        return nodes.get(slash < 0 ? path : path.substring(0, slash));
    }

    @Override
    public Delivery send(Node from, String sender, Node to, String receiver, Object message) {
        if (from != null && from.isDead() && from != to) {
            return null;
        }
        if (from != null && to != null && from != to && (grove.isOut(from) || grove.isOut(to))) {
            return null;
        }
        Object arrives = tamper(sender, receiver, message);
        if (arrives == null) {
            return null;
        }
        if (plan.optimizerCopies() > 0) {
            show(sender, message);
        }
        if (from == null || to == null || from == to) {
            return new Delivery(arrives, 0);
        }
        long latencyNs = network.latencyNs(receiver.hashCode());
        return new Delivery(arrives, network.parts(from, to) ? nodeFaults.untilHealedNs() + latencyNs : latencyNs);
    }

    /// A message to an adapter of an actor is tampered with inside its wrapping.
    private Object tamper(String sender, String receiver, Object message) {
        if (message instanceof AdaptWithRegisteredMessageAdapter<?> adapted) {
            Object arrives = tampering.message(sender, receiver, adapted.msg());
            return arrives == null ? null : new AdaptWithRegisteredMessageAdapter<>(arrives);
        }
        return tampering.message(sender, receiver, message);
    }

    private static Object told(Object message) {
        return message instanceof AdaptWithRegisteredMessageAdapter<?> adapted ? adapted.msg() : message;
    }

    private void show(String sender, Object message) {
        switch (told(message)) {
            case JobEvent event -> witness.says(sender, event);
            case PipelineStage.Command order -> witness.ordered(order);
            case null, default -> {}
        }
    }

    @Override
    public void took(String path, Object message, Object behavior) {
        if (!ambushed
                && behavior != null
                && behavior.toString().equals(plan.circumstances().ambush())
                && nodeFaults.step() >= plan.circumstances().ambushFrom()) {
            ambushed = true;
            nodeFaults.ambush();
            ownership.ambush();
        }
        witness.took(engine.nowNs(), path, told(message), behavior);
    }

    /// What a node's workers work with.
    private final class Bench implements ReplicaFactory {
        private final Node node;

        private Bench(Node node) {
            this.node = node;
        }

        @Override
        public Replica replica(JobSpec job, String worker) {
            if (node.number() == plan.circumstances().unfit()) {
                throw new ReplicaFactory.Refusal(node.name() + " is of another kind than this job's", null);
            }
            Trainer trainer = tampering.trainer(worker, new AttendedTrainer(worker, trainer(worker), nodeFaults));
            Collective collective =
                    tampering.collective(worker, new AttendedCollective(worker, hub.join(node), nodeFaults));
            return new Replica(trainer, collective);
        }

        /// Some workers are slower than others, and no batch shard takes as long as the one before.
        private Trainer trainer(String worker) {
            double slowness = 1 + Long.remainderUnsigned(engine.dice(SPEED, worker.hashCode()), 100) / 200.0;
            return new LedgerTrainer(
                    arena,
                    plan.optimizerCopies() > 0,
                    shard -> {
                        long more = Long.remainderUnsigned(engine.dice(SHARD, computed++), SHARD_NS / 4);
                        Wait.sleep(engine, (long) ((SHARD_NS + more) * slowness));
                    });
        }

        @Override
        public CheckpointStore checkpoints(JobSpec job) {
            return tampering.store(new AttendedStore(disk.open(), nodeFaults));
        }

        @Override
        public Map<String, String> checkpointAttributes(JobSpec job) {
            return Map.of();
        }
    }

    /// The machines that a target means.
    List<Integer> machines(Target target) {
        return switch (target) {
            case Target.Node(int number) -> number < plan.nodes() ? List.of(number) : List.of();
            case Target.Worker(int number, _) -> List.of(number / plan.devices());
            case Target.Leader() -> ownership.node().map(node -> List.of(node.number())).orElse(List.of());
            case Target.Any(), Target.All(), Target.Store(), Target.Sides(_), Target.None() -> List.of();
        };
    }

    @Override
    public void close() {
        nodes.values().forEach(Node::die);
        system.end(root);
        arena.close();
    }
}
