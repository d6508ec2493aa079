/// The features, and the label, of one training set or one model's input.
public struct FeatureService: Sendable {
    /// Its name.
    public let name: String
    /// The name of the label.
    public let label: String?
    /// What it gives, in order.
    public let entries: [Entry]
    /// The columns that whoever asks gives beside the keys, with their types.
    public let request: [TypedColumn]
    /// The features that are made of others and of ``request`` when they are asked for, each after those that it needs.
    public internal(set) var derived: [DerivedColumn]
    /// Their names, in the order of the service's columns, where they come last.
    public let derivedNames: [String]
    /// What a server answers when the online store does not.
    public let onOutage: OutagePolicy
    /// What is answered of a vector that should no longer be relied on.
    public let onStaleEmbedding: StaleEmbeddingPolicy
    /// What it is, for people.
    public let description: String?
    /// Whom to ask.
    public let owner: String?
    /// Where it is defined.
    public let place: DefinitionPlace
    let texts: DefinitionTexts

    /// What a server answers when the online store is gone, or does not answer in time.
    public enum OutagePolicy: String, Sendable, CaseIterable {
        /// That it cannot answer.
        case error
        /// No values, and that they are missing.
        case nulls
        /// What it makes of the rows that it read last, and no values of entities that it does not remember.
        case stale
    }

    /// What is answered of a vector that was made by another version of the model, or of another text, than there is now.
    public enum StaleEmbeddingPolicy: String, Sendable, CaseIterable {
        /// Nothing at all, but why.
        case error
        /// The vector, and why it is stale.
        case flag
        /// No vector, and why.
        case nulls
    }

    /// A view, or a feature of one, as a service names it.
    public struct Entry: Sendable {
        /// The name of the view.
        public let view: String
        /// The feature, with or without a window; `nil` for all of the view.
        public let feature: String?
        /// The spine's columns for keys of the entity that are called otherwise there.
        public let spineColumns: [String: String]
        /// Goes before each name.
        public let prefix: String
        /// The name of the only column; `nil` for the feature's own.
        public let alias: String?
        /// Where it is written.
        public let place: DefinitionPlace
        let texts: DefinitionTexts
    }
}
