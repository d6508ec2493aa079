/// How far an online store is filled with a view.
public struct ViewState: Hashable, Sendable {
    /// The view.
    public let view: String
    /// Up to when it was filled, in microseconds since 1970.
    public let watermark: Int64
    /// How many rows there are.
    public let rows: Int
    /// How many entities they are of.
    public let entities: Int
    /// The digest of the definitions that it was filled by.
    package let definition: String

    /// Asks a store.
    ///
    /// - Returns: `nil` if nothing of the view is there.
    public init?(of view: String, in storage: some OnlineStorage) throws(OnlineStoreError) {
        guard let bytes = try storage.mark(ViewMark.name(of: view)) else { return nil }
        guard let mark = ViewMark(bytes) else { throw .damaged(store: storage.name, what: "a mark") }
        (self.view, watermark, rows, entities) = (view, mark.watermark, mark.rows, mark.entities)
        definition = mark.definition
    }
}
