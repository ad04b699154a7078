package dev.pando.actors.job;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import java.time.Instant;

/// What the journal keeps of a job: its history, decision by decision, and never a step's numbers.
@JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "entry")
@JsonSubTypes({
    @JsonSubTypes.Type(value = JobEntry.Submitted.class, name = "submitted"),
    @JsonSubTypes.Type(value = JobEntry.Led.class, name = "led"),
    @JsonSubTypes.Type(value = JobEntry.StopAsked.class, name = "stop-asked"),
    @JsonSubTypes.Type(value = JobEntry.CancelAsked.class, name = "cancel-asked"),
    @JsonSubTypes.Type(value = JobEntry.Happened.class, name = "happened")
})
public sealed interface JobEntry {
    /// For people; decides nothing.
    Instant at();

    /// The job was submitted.
    record Submitted(Instant at, JobSpec job) implements JobEntry {}

    /// A supervisor took the lead. Written before it does anything: an earlier leader can write no more.
    ///
    /// @param incarnation counts the supervisors of the job, from 1
    /// @param node where it is
    record Led(Instant at, long incarnation, String node) implements JobEntry {}

    /// The job is to end after the step in flight, with a checkpoint.
    record StopAsked(Instant at) implements JobEntry {}

    /// The job is to end at once.
    record CancelAsked(Instant at) implements JobEntry {}

    /// What the supervisor told, but for single steps and snapshots.
    record Happened(Instant at, JobEvent event) implements JobEntry {}
}
