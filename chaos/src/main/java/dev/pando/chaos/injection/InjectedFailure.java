package dev.pando.chaos.injection;

/// What a faulty computation throws.
public final class InjectedFailure extends RuntimeException {
    private static final long serialVersionUID = 1L;

    InjectedFailure(String sentence) {
        super(sentence);
    }
}
