import Features
import OnlineStore
import Tables
import TextFormats
import TrainingSets

import func Workspace.nearestName

/// A way to ask for features, worked out once: which columns a request must have, and what the answer's are called.
struct ServedPlan: Sendable {
    /// How the features are computed.
    let plan: ServicePlan
    /// What the answer's columns are called, in order.
    let names: [String]
    /// The columns that a request must have, in the order of the answer.
    let keys: [(name: String, type: DeclaredType)]
    /// The column of the moments.
    private let time: String

    init(_ plan: ServicePlan, hasFullNames: Bool) throws(ServingRefusal) {
        self.plan = plan
        names =
            plan.columns.map { place in
                let (view, column) = (plan.views[place.view].view, plan.views[place.view].columns[place.column])
                return hasFullNames ? "\(view.name)__\(column.name)" : column.name
            } + plan.service.derivedNames.map { hasFullNames ? "\(plan.service.name)__\($0)" : $0 }
        keys = plan.spineColumns
        var seen = Set(keys.map(\.name))
        for name in names where !seen.insert(name).inserted {
            throw .invalid(
                ["features"], "Two columns would be called '\(name)'; ask for each once, or with full_feature_names")
        }
        var time = plan.label?.time ?? "time"
        while keys.contains(where: { $0.name == time }) { time += "_of_label" }
        self.time = time
    }

    /// The rows to be labelled: the keys of a request at a moment.
    func spine(_ question: FeatureQuestion, at moment: Int64) throws(ServingRefusal) -> SpineTable {
        for column in question.columns where !keys.contains(where: { $0.name == column.name }) {
            let nearest = nearestName(to: column.name, among: keys.map(\.name))
            let known = keys.map(\.name).joined(separator: ", ")
            let advice = nearest.map { "did you mean '\($0)'?" } ?? "the keys are \(known)"
            throw .invalid(["entities", column.name], "There is no such key; \(advice)")
        }
        var columns: [(name: String, column: Column)] = []
        for key in keys {
            guard let column = question.columns.first(where: { $0.name == key.name }) else {
                throw .invalid(["entities", key.name], "Field required")
            }
            columns.append((key.name, try Self.column(column.values, key.name, key.type)))
        }
        let moments = [Int64?](repeating: moment, count: question.count)
        columns.append((time, Column(moments, .timestamp(.microsecond, zone: "UTC"))))
        do {
            return try SpineTable(RecordBatch(columns), name: "the request", time: time)
        } catch {
            throw .invalid(["entities"], "\(error)")
        }
    }

    private static func column(
        _ values: [JSON], _ name: String, _ type: DeclaredType
    ) throws(ServingRefusal) -> Column {
        let held: ColumnType =
            switch type.expressionType {
            case .string: .string
            case .bool: .boolean
            case .int64: .int64
            case .float64: .float64
            default: .timestamp(.microsecond, zone: "UTC")
            }
        switch Column.reading(values, held) {
        case .success(let column): return column
        case .failure(let wrong):
            throw .invalid(["entities", name, "\(wrong.row)"], "Input should be a valid \(type.rawValue)")
        }
    }
}
