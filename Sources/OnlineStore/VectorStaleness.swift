import Features
import ObjectStore
import Tables
import TrainingSets

/// Why vectors that a store answers with should no longer be relied on.
struct VectorStaleness {
    /// What is known of the models: which one is wanted, and by which each row's vector was made.
    private enum Models {
        /// Nobody asked.
        case ignored
        /// Each row says it.
        case named(Column, wanted: ObjectID?)
        /// All were made by one; empty or `nil` if nothing says which.
        case alike(String?, wanted: ObjectID?)
    }

    private let models: Models
    /// By place of the row: why its text is not the one that its vector was made of.
    private let texts: [Int: StaleReason]

    /// Looks at rows that a store holds of a view.
    ///
    /// - Parameters:
    ///   - models: the snapshots of the models that are wanted, by view; `nil` if nobody wants to know.
    ///   - texts: what the rows' own bytes say of them, by place.
    /// - Returns: `nil` if the view has no embedding.
    init?(
        _ plan: ViewPlan, _ mark: ViewMark, _ rows: RecordBatch, models: [String: ObjectID]?, texts: [Int: StaleReason]
    ) {
        guard let embedding = plan.view.embedding else { return nil }
        self.texts = texts
        guard let models else {
            self.models = .ignored
            return
        }
        let wanted = models[plan.view.name]
        if let column = embedding.madeBy.flatMap({ rows[$0] }) {
            self.models = .named(column, wanted: wanted)
        } else {
            self.models = .alike(mark.vectors, wanted: wanted)
        }
    }

    /// Why the vector of a row, by its place, should not be relied on; `nil` if it may.
    func reason(ofRow row: Int) -> StaleReason? { ofModel(row) ?? texts[row] }

    private func ofModel(_ row: Int) -> StaleReason? {
        let (made, wanted): (String?, ObjectID?)
        switch models {
        case .ignored: return nil
        case .alike(let version, let model): (made, wanted) = (version, model)
        case .named(let names, let model):
            (made, wanted) = (names.isNull(at: row) ? nil : names.withStrings { $0.string(at: row) }, model)
        }
        guard let made, !made.isEmpty, let wanted else { return .unknownModel }
        return made.names(wanted) ? nil : .otherModel
    }
}

extension ViewPlan {
    /// Whether a column of the plan is the vector of the view's embedding.
    func isVector(_ column: Int) -> Bool {
        guard let embedding = view.embedding, case .latest(let expression) = columns[column].value else { return false }
        return expression.column == embedding.column
    }
}

/// How many stale vectors of a view an answer has, or would have, for one reason.
public struct StaleCount: Hashable, Sendable {
    /// The view.
    public let view: String
    /// Why they are stale.
    public let reason: StaleReason
    /// How many there are.
    public let count: Int
}

extension OnlineAnswer {
    /// How many stale vectors there are, by view and reason.
    public var staleCounts: [StaleCount] {
        var counts: [StaleCount] = []
        for feature in features where !feature.stale.isEmpty {
            for reason in StaleReason.allCases {
                let count = feature.stale.count { $0 == reason }
                if count > 0 { counts.append(StaleCount(view: feature.view, reason: reason, count: count)) }
            }
        }
        return counts
    }

    /// What is answered of stale vectors as a policy has it.
    ///
    /// - Throws: ``OnlineReadError/staleEmbedding(entity:view:reason:counts:)`` if it is to answer nothing.
    func following(
        _ policy: FeatureService.StaleEmbeddingPolicy, _ plan: ServicePlan, at spine: SpineTable
    ) throws(OnlineReadError) -> OnlineAnswer {
        guard policy != .flag, features.contains(where: { $0.stale.contains { $0 != nil } }) else { return self }
        var answer = self
        for (number, feature) in features.enumerated() where feature.stale.contains(where: { $0 != nil }) {
            if policy == .error, let row = feature.stale.firstIndex(where: { $0 != nil }),
                let reason = feature.stale[row]
            {
                let keys = plan.views[plan.columns[number].view].keys
                let entity = keys.map { key in
                    let column = spine.columns[key.spineColumn]
                    return "\(key.key)=\(column.map { $0.type.text(of: $0.cell(at: row)) } ?? "")"
                }
                throw .staleEmbedding(
                    entity: entity.joined(separator: ","), view: feature.view, reason: reason, counts: staleCounts)
            }
            answer.features[number] = feature.withoutStale()
        }
        return answer
    }
}

extension OnlineAnswer.Feature {
    /// The same without the values that are stale.
    fileprivate func withoutStale() -> OnlineAnswer.Feature {
        let kept = stale.indices.map { stale[$0] == nil ? Int32($0) : -1 }
        let statuses = zip(statuses, stale).map { $0 == .present && $1 != nil ? .stale : $0 }
        return OnlineAnswer.Feature(
            name: name, view: view, values: values.gather(kept, workers: 1), statuses: statuses, eventTimes: eventTimes,
            stale: stale)
    }
}
