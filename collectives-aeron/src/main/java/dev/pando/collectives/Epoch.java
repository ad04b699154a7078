package dev.pando.collectives;

import dev.pando.training.step.Collective.Member;
import dev.pando.training.step.Collective.Membership;
import dev.pando.training.step.Collective.Outcome;
import java.util.List;

/// One epoch as one member takes part in it.
///
/// An operation that does not end as done ends the epoch for this member: what others sent for it may lie anywhere
/// between here and there, and only a new epoch tells the old frames from the new.
final class Epoch {
    private final Membership membership;
    private final long group;
    private final int rank;
    private Outcome failure;
    private String breakdown;

    Epoch(Membership membership, String address) {
        this.membership = membership;
        this.group = Frame.groupOf(membership.group());
        this.rank = rankOf(membership.members(), address);
        if (rank < 0) {
            throw new IllegalArgumentException(
                    "epoch " + membership.epoch() + " of " + membership.group() + " has no member at " + address);
        }
    }

    Membership membership() {
        return membership;
    }

    long number() {
        return membership.epoch();
    }

    long group() {
        return group;
    }

    int rank() {
        return rank;
    }

    int size() {
        return membership.members().size();
    }

    String name(int ofRank) {
        return membership.members().get(ofRank).name();
    }

    int rankOfName(String name) {
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
    Outcome failure() {
        if (breakdown != null) {
            throw new IllegalStateException(breakdown);
        }
        return failure;
    }

    void breakDown(String sentence) {
        breakdown = sentence;
    }

    void fail(Outcome outcome) {
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
