import Features
import Tables
import TrainingSets

/// Keeps the vectors that are pushed to a view to the version of the model that made those which it has.
struct PushedVectors {
    private let view: String
    private let embedding: Embedding
    private let vectors: Column
    private let names: Column?

    /// Looks at rows.
    ///
    /// - Returns: `nil` if the view has no embedding, or the rows no vectors.
    init?(_ plan: ViewPlan, _ rows: RecordBatch) {
        guard let embedding = plan.view.embedding, let vectors = rows[embedding.column] else { return nil }
        (view, self.embedding, self.vectors) = (plan.view.name, embedding, vectors)
        names = embedding.madeBy.flatMap { rows[$0] }
    }

    /// Refuses vectors of another version.
    ///
    /// - Parameters:
    ///   - rows: those that count.
    ///   - version: who made the vectors that are there; empty if nobody says, `nil` if there are none.
    ///   - number: what messages call a row; `nil` for one that was pushed before.
    func check(_ rows: some Sequence<Int>, version: String?, number: (Int) -> Int?) throws {
        for row in rows where !vectors.isNull(at: row) {
            var made = ""
            if let names, !names.isNull(at: row) { made = names.withStrings { $0.string(at: row) } }
            // Without a word of either they may be of any.
            if let version, !made.isEmpty, Self.isSame(made, version) { continue }
            throw PushError.otherModel(
                view: view, row: number(row), made: made, expected: version,
                isDeclared: embedding.madeBy != nil)
        }
    }

    /// The beginning of an id is as good as the id.
    private static func isSame(_ made: String, _ version: String) -> Bool {
        made == version
            || made.isSnapshotName && version.isSnapshotName && (made.hasPrefix(version) || version.hasPrefix(made))
    }
}
