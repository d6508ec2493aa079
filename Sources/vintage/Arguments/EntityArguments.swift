import ArgumentParser
import Features
import Tables
import TrainingSets
import Workspace

/// The entities that a command is asked about.
struct EntityArguments: ParsableArguments {
    @Option(
        name: .customLong("entities"),
        help: ArgumentHelp(
            "The keys of an entity, and what the service asks for besides; repeat it for more entities.",
            valueName: "key=value,…"))
    var texts: [RawArgument]

    /// Rows to be labelled, one for each entity.
    ///
    /// - Parameter moment: in microseconds since 1970.
    func spine(_ plan: ServicePlan, _ moment: Int64) throws -> SpineTable {
        let types = plan.spineColumns
        let rows = try texts.map { try Self.pairs($0.text, plan, types.map(\.name)) }
        var time = plan.label?.time ?? "time"
        while types.contains(where: { $0.name == time }) { time += "_of_label" }
        var columns: [(name: String, column: Column)] = try types.map { key in
            (key.name, try Self.column(rows.map { $0[key.name] }, key.name, key.type))
        }
        columns.append(
            (time, Column([Int64?](repeating: moment, count: rows.count), .timestamp(.microsecond, zone: "UTC"))))
        return try SpineTable(RecordBatch(columns), name: "--entities", time: time)
    }

    private static func pairs(_ text: String, _ plan: ServicePlan, _ names: [String]) throws -> [String: String] {
        var pairs: [String: String] = [:]
        for part in text.split(separator: ",") {
            guard let equals = part.firstIndex(of: "=") else {
                throw TrainingSetError.misuse(
                    "'\(part)' is no key=value; write --entities \(names.joined(separator: "=…,"))=…")
            }
            let name = String(part[..<equals])
            guard names.contains(name) else {
                let nearest = nearestName(to: name, among: names).map { "did you mean '\($0)'?" }
                throw TrainingSetError.misuse(
                    "the service '\(plan.service.name)' has no key '\(name)'; "
                        + (nearest ?? "its keys are \(names.joined(separator: ", "))"))
            }
            pairs[name] = String(part[part.index(after: equals)...])
        }
        return pairs
    }

    static func column(_ texts: [String?], _ name: String, _ type: DeclaredType) throws -> Column {
        func parsed<Value>(_ parse: (String) -> Value?) throws -> [Value?] {
            try texts.map { text in
                guard let text else { return nil }
                if let value = parse(text) { return value }
                throw TrainingSetError.misuse("the key '\(name)' must be a \(type.rawValue), not '\(text)'")
            }
        }
        switch type.expressionType {
        case .string: return Column(strings: texts)
        case .bool: return Column(booleans: try parsed { Bool($0) })
        case .int64: return Column(try parsed { Int64($0) }, .int64)
        case .float64: return Column(try parsed { Double($0) }, .float64)
        default:
            let moments = try parsed { (try? Timestamp(parsing: $0)).map { $0.seconds * 1_000_000 } }
            return Column(moments, .timestamp(.microsecond, zone: "UTC"))
        }
    }
}
