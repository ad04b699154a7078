package dev.pando.runtime.settings;

/// A mistake that the person in front can mend: one sentence that says what is wrong, where, and what to do instead.
public final class UserError extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public UserError(String sentence) {
        super(sentence);
    }

    public UserError(String sentence, Throwable cause) {
        super(sentence, cause);
    }

    /// Whether that was written for a person who runs a job, too: true of all exceptions of this project, by its rules.
    public static boolean isLike(Throwable failure) {
        return failure.getMessage() != null
                && (failure instanceof UserError || failure.getClass().getName().matches("dev\\.pando\\..*Exception"));
    }
}
