package dev.pando.collectives.wire;

import dev.pando.training.step.Collective.Member;
import dev.pando.training.step.Collective.Membership;
import dev.pando.training.step.Collective.Outcome;
import java.util.List;

/// One epoch as one member takes part in it.
///
/// An operation that does not end as done ends the epoch for this member: what others sent for it may lie anywhere
/// between here and there, and only a new epoch tells the old frames from the new.
public final class Epoch {
    private final Membership membership;
    private final long group;
    private final int rank;
    private Outcome failure;
    private String breakdown;

    public Epoch(Membership membership, String address) {
        this.membership = membership;
        this.group = Frame.groupOf(membership.group());
        this.rank = rankOf(membership.members(), address);
        if (rank < 0) {
            throw new IllegalArgumentException(
                    "epoch " + membership.epoch() + " of " + membership.group() + " has no member at " + address);
        }
    }

    public Membership membership() {
        return membership;
    }

    public long number() {
        return membership.epoch();
    }

    public long group() {
        return group;
    }

    public int rank() {
        return rank;
    }

    public int size() {
        return membership.members().size();
    }

    public String name(int ofRank) {
        return membership.members().get(ofRank).name();
    }

    public int rankOfName(String name) {
        for (int at = 0; at < size(); at++) {
            if (name(at).equals(name)) {
                return at;
            }
        }
        throw new IllegalArgumentException(
                "epoch " + number() + " of " + membership.group() + " has no member " + name);
    }

    /// How an operation of this epoch ended here that did not end as done, or null.
    ///
    /// @throws IllegalStateException if one broke down
    public Outcome failure() {
        if (breakdown != null) {
            throw new IllegalStateException(breakdown);
        }
        return failure;
    }

    public void breakDown(String sentence) {
        breakdown = sentence;
    }

    public void fail(Outcome outcome) {
        failure = outcome;
    }

    private static int rankOf(List<Member> members, String address) {
        for (int at = 0; at < members.size(); at++) {
            if (members.get(at).address().equals(address)) {
                return at;
            }
        }
        return -1;
    }
}
