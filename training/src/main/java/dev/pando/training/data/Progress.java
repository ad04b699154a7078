package dev.pando.training.data;

/// Hears how far the preparation of data is.
///
/// Called on the preparing thread after every document, so an implementation that draws should draw rarely.
@FunctionalInterface
public interface Progress {
    /// Wants to hear nothing.
    Progress NONE = (phase, documents, bytes, totalBytes) -> {};

    /// What is being done; phases come in this order, and all but the first are left out when prepared data is reused.
    enum Phase {
        READING("reading the corpus"),
        LEARNING("training the tokenizer"),
        ENCODING("encoding");

        private final String words;

        Phase(String words) {
            this.words = words;
        }

        /// The phase in words, for a person.
        public String words() {
            return words;
        }
    }

    /// @param documents done in this phase
    /// @param bytes done in this phase
    /// @param totalBytes of this phase
    void advanced(Phase phase, long documents, long bytes, long totalBytes);
}
