/// Why a row should no longer be relied on.
public enum StaleReason: String, Sendable, CaseIterable {
    /// Its vector was made by another version of the model than the one that is wanted.
    case otherModel = "other-model"
    /// Nothing says by which version its vector was made.
    case unknownModel = "unknown-model"
    /// Its text is not the one that its vector was made of.
    case textChanged = "text-changed"
    /// The source of texts has none of its entity any more.
    case textGone = "text-gone"
    /// It is older than the view's time to live.
    case pastTimeToLive = "past-ttl"
}
