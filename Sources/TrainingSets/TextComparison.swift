import Features
import ObjectStore
import Tables

/// The texts that there are, held against those that the latest vectors of a view were made of.
///
///     let texts = try TextComparison(of: text, facts, versions, definitions, sources, at: moment, threads: 2)
///     texts.reason(ofRow: 0)    // .textChanged
package struct TextComparison {
    private var reasons: [Int: StaleReason] = [:]

    /// Reads the texts and compares.
    ///
    /// - Parameters:
    ///   - facts: the latest row of each entity of the view.
    ///   - made: which of them have a vector; others are not looked at.
    ///   - moment: what was known then, in microseconds since 1970.
    /// - Complexity: a pass over the keys and times of the source of the texts, and over the texts of the latest rows.
    package init(
        of text: EmbeddedText, _ view: FeatureView, _ facts: LatestFacts, _ made: VectorVersions,
        _ definitions: Definitions, _ sources: any SourceCatalog, at moment: Int64, threads: Int
    ) throws {
        let isOwn = text.source == view.source
        let texts =
            isOwn
            ? facts
            : try LatestFacts(
                try definitions.latestRowPlan(of: view, source: text.source), sources, at: moment, threads: threads)
        let places = isOwn ? (0..<facts.count).map { $0 } : try facts.places(in: texts)
        var digests: Column?
        if let column = text.digest {
            let found = try facts.column(column)
            guard found.type == .string else {
                throw TrainingSetError.typesDiffer(
                    column: column, type: "\(found.type)", table: facts.plan.source.name, other: "'digest'",
                    otherType: "string")
            }
            digests = found
        }
        let columns = try digests == nil ? [] : text.columns.map { try texts.texts(of: $0) }
        for row in 0..<facts.count where made.version(ofRow: row) != nil {
            guard let place = places[row] else {
                reasons[row] = .textGone
                continue
            }
            if let digests {
                let wanted = EmbeddedText.digest(of: columns.map { $0.string(at: place) })
                let found = digests.isNull(at: row) ? "" : digests.withStrings { $0.string(at: row) }
                if found.lowercased() != wanted { reasons[row] = .textChanged }
            } else if texts.eventTimes[place] > facts.eventTimes[row] {
                reasons[row] = .textChanged
            }
        }
    }

    /// Why a row's vector is not of the text that there is now: ``StaleReason/textChanged``, ``StaleReason/textGone``, or `nil`.
    package func reason(ofRow row: Int) -> StaleReason? { reasons[row] }
}

extension EmbeddedText {
    /// The digest of texts: the SHA-256, in hexadecimal, of their UTF-8 with a zero byte between one and the next.
    public static func digest(of texts: [String]) -> String {
        ObjectID(of: Array(texts.joined(separator: "\0").utf8)).description
    }
}

extension LatestFacts {
    /// The bytes that name each row's entity.
    package func entityKeys() throws -> [[UInt8]?] {
        try EntityKey.bytes(
            of: RecordBatch(zip(plan.keys.map(\.spineColumn), keys).map { ($0, $1) }), by: plan.keys)
    }

    /// For each row the row of other facts that is of the same entity.
    fileprivate func places(in other: LatestFacts) throws -> [Int?] {
        var known: [[UInt8]: Int] = [:]
        for (row, key) in try other.entityKeys().enumerated() { if let key { known[key] = row } }
        return try entityKeys().map { $0.flatMap { known[$0] } }
    }

    /// A column of texts; a null is an empty one.
    fileprivate func texts(of name: String) throws -> Texts {
        let column = try column(name)
        guard column.type == .string else {
            throw TrainingSetError.typesDiffer(
                column: name, type: "\(column.type)", table: plan.source.name, other: "'text'", otherType: "string")
        }
        return Texts(column: column)
    }
}

private struct Texts {
    let column: Column

    func string(at row: Int) -> String { column.isNull(at: row) ? "" : column.withStrings { $0.string(at: row) } }
}
