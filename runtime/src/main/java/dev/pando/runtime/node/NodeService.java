package dev.pando.runtime.node;

import com.fasterxml.jackson.databind.JsonNode;
import dev.pando.actors.job.JobEntry;
import dev.pando.actors.job.JobEvent;
import dev.pando.actors.job.JobStatus;
import dev.pando.actors.owner.JobOwner;
import dev.pando.actors.owner.JobOwner.Told;
import dev.pando.actors.owner.Jobs;
import dev.pando.runtime.cluster.NodeLine;
import dev.pando.runtime.cluster.NodeSettings;
import dev.pando.runtime.cluster.Others;
import dev.pando.runtime.cluster.RequestHandler;
import dev.pando.runtime.cluster.ResponseStream;
import dev.pando.runtime.job.HistoryLine;
import dev.pando.runtime.settings.Settings;
import dev.pando.runtime.settings.UserError;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;
import org.apache.pekko.Done;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.Props;
import org.apache.pekko.cluster.Member;
import org.apache.pekko.cluster.typed.Cluster;

/// Answers whatever a node is asked about the grove and its jobs; any node answers for all of them.
final class NodeService implements RequestHandler {
    private static final long HEARTBEAT_MS = 1_000; // so that whoever watches knows a silent job from a silent node
    private static final int MOST_BEHIND = 100_000;

    private final ActorSystem<?> system;
    private final Owners owners;
    private final JobAdmission intake;
    private final JobNames names;

    NodeService(ActorSystem<?> system, JobNames names) {
        this.system = system;
        this.owners = new Owners(system);
        this.intake = new JobAdmission(owners);
        this.names = names;
    }

    @Override
    public void answer(JsonNode question, ResponseStream answers) throws IOException {
        switch (question.path("ask").asText()) {
            case "where", "meet" -> answers.tell("where", Cluster.get(system).selfMember().address().toString());
            case "grove" -> grove(answers);
            case "submit" -> intake.take(question, answers);
            case "status" -> answers.tell("status", known(job(question)));
            case "history" -> history(job(question), answers);
            case "watch" -> watch(question, answers);
            case "end" -> end(question, answers);
            default -> answers.refuse("a node is not asked \"" + question.path("ask").asText() + "\"");
        }
    }

    /// No question starts anything for what cannot be a job's name.
    private static String job(JsonNode question) {
        String job = question.path("job").asText();
        if (!job.matches(Settings.NAME)) {
            throw new UserError("a job's name is " + Settings.NAMES);
        }
        return job;
    }

    private JobStatus known(String job) {
        JobStatus status = owners.status(job);
        if (status.phase() == JobStatus.Phase.UNKNOWN) {
            List<String> others = names.all();
            throw new UserError(
                    "there is no job "
                            + job
                            + " in this grove; "
                            + (others.isEmpty() ? "it has none" : "what there is: " + String.join(", ", others)));
        }
        return status;
    }

    private void grove(ResponseStream answers) throws IOException {
        List<NodeLine> nodes = new ArrayList<>();
        Cluster.get(system).state().getMembers().forEach(member -> nodes.add(line(member)));
        nodes.sort(Comparator.comparing(NodeLine::name));
        answers.tell("nodes", nodes);
        List<JobStatus> jobs = new ArrayList<>();
        for (String job : names.all()) {
            jobs.add(owners.status(job));
        }
        answers.tell("jobs", jobs);
    }

    private NodeLine line(Member member) {
        boolean reachable = !Cluster.get(system).state().getUnreachable().contains(member);
        return new NodeLine(
                NodeSettings.name(member),
                NodeSettings.devices(member),
                Others.address(member),
                member.address().toString(),
                reachable ? member.status().toString().toLowerCase(java.util.Locale.ROOT) : "unreachable");
    }

    private void history(String job, ResponseStream answers) throws IOException {
        known(job);
        List<JobEntry> entries = owners.history(job, 0).entries();
        UnaryOperator<String> names = names(entries);
        for (JobEntry entry : entries) {
            answers.tell("entry", HistoryLine.of(entry, names));
        }
    }

    /// Nodes that are gone are known by what their workers were called.
    private UnaryOperator<String> names(List<JobEntry> entries) {
        Map<String, String> names = new HashMap<>();
        for (JobEntry entry : entries) {
            if (entry instanceof JobEntry.Happened happened
                    && happened.event() instanceof JobEvent.WorkerJoined joined) {
                names.put(joined.node(), joined.worker().replaceAll("[.]worker-.*", ""));
            }
        }
        Cluster.get(system)
                .state()
                .getMembers()
                .forEach(member -> names.put(member.address().toString(), NodeSettings.name(member)));
        return address -> names.getOrDefault(address, address.replaceAll(".*@", "the node at "));
    }

    private void end(JsonNode question, ResponseStream answers) throws IOException {
        known(job(question));
        switch (owners.end(job(question), question.path("now").asBoolean())) {
            case JobOwner.Accepted accepted -> answers.tell("accepted", accepted.job());
            case JobOwner.Refused refused -> answers.refuse(refused.sentence());
        }
    }

    /// @param question `entry` and `step`: the last that are known already
    private void watch(JsonNode question, ResponseStream answers) throws IOException {
        String job = job(question);
        answers.tell("watching", known(job));
        BlockingQueue<Told> told = new LinkedBlockingQueue<>();
        ActorRef<Follower.Command> follower =
                system.systemActorOf(
                        Follower.of(
                                Jobs.owner(system, job),
                                question.path("entry").asLong(0),
                                question.path("step").asLong(-1),
                                told::add),
                        "follower-" + UUID.randomUUID(),
                        Props.empty());
        try {
            pass(told, answers);
        } catch (InterruptedException over) {
            Thread.currentThread().interrupt();
        } finally {
            follower.tell(new Follower.Stop());
        }
    }

    /// Until nobody listens any more, or the node is a member no longer: its process may be one again, and whoever
    /// watches is to ask anew.
    private void pass(BlockingQueue<Told> told, ResponseStream answers) throws IOException, InterruptedException {
        CompletableFuture<Done> end = system.getWhenTerminated().toCompletableFuture();
        while (told.size() < MOST_BEHIND && !end.isDone()) {
            Told next = told.poll(HEARTBEAT_MS, TimeUnit.MILLISECONDS);
            if (next == null) {
                answers.tell("still", true);
                continue;
            }
            answers.tell(
                    "told",
                    Map.of(
                            "entry",
                            next.entry(),
                            "at",
                            next.at().toString(),
                            "event",
                            ResponseStream.tree(next.event())));
        }
    }
}
