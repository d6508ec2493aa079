import Tables
import TextFormats

/// How a label is written as numbers.
public enum TargetCoding: Sendable, Equatable {
    /// A class is its place among these; of two the second is the one whose probability is predicted.
    case classes([String])
    /// `shift` is taken away from a number, and it is divided by `scale`.
    case number(shift: Double, scale: Double)

    /// Whether classes are predicted.
    public var isForClasses: Bool { if case .classes = self { true } else { false } }

    /// How many outputs a network has for it.
    var outputs: Int { if case .classes(let names) = self, names.count > 2 { names.count } else { 1 } }

    /// What kind of predictions there are.
    package var kind: JudgedRows.Kind {
        switch self {
        case .classes(let names): names.count > 2 ? .classes(names.count) : .twoClasses
        case .number: .numbers
        }
    }

    /// The texts of a label's classes, `nil` for a null.
    static func texts(_ column: Column) -> [String?] {
        (0..<column.count).map { row in
            let cell = column.cell(at: row)
            return cell == .null ? nil : column.type.text(of: cell)
        }
    }

    /// Learns the classes of the training: numbers by size, others by their bytes.
    ///
    /// - Parameter positive: of two classes the one whose probability is predicted; by default the later one.
    init(classesOf column: Column, positive: String?, table: String, name: String) throws(LearningError) {
        var names = Array(Set(Self.texts(column).compactMap { $0 }))
        let numbers = column.type.isNumeric ? names.map { Double($0) ?? 0 } : []
        if !numbers.isEmpty {
            names = zip(names, numbers).sorted { ($0.1, $0.0) < ($1.1, $1.0) }.map(\.0)
        } else {
            names.sort { $0.utf8.lexicographicallyPrecedes($1.utf8) }
        }
        func failure(_ reason: String) -> LearningError {
            .unsuitableLabel(column: name, reason: reason, table: table)
        }
        if names.count < 2 {
            throw failure(
                "the rows to learn from have \(names.isEmpty ? "no value" : "only '\(names[0])'"); split them otherwise"
            )
        }
        if names.count > 1000 {
            throw failure("it has \(names.count) classes; use a loss for numbers, or another label")
        }
        if let positive {
            guard names.count == 2, let place = names.firstIndex(of: positive) else {
                throw failure("'\(positive)' is not one of two classes, \(names.prefix(5).joined(separator: ", "))")
            }
            if place == 0 { names.swapAt(0, 1) }
        }
        self = .classes(names)
    }

    /// The label as numbers.
    ///
    /// - Parameter row: the table's row of each value, for messages.
    package func target(of column: Column, name: String, table: String, row: (Int) -> Int) throws(LearningError)
        -> [Float]
    {
        func failure(_ reason: String) -> LearningError {
            .unsuitableLabel(column: name, reason: reason, table: table)
        }
        switch self {
        case .classes(let names):
            let places = Dictionary(uniqueKeysWithValues: names.enumerated().map { ($1, Float($0)) })
            var target: [Float] = []
            for (index, text) in Self.texts(column).enumerated() {
                guard let text, let place = places[text] else {
                    throw failure(
                        "row \(row(index) + 1) is '\(text ?? "")', a class that the rows to learn from do not have")
                }
                target.append(place)
            }
            return target
        case .number(let shift, let scale):
            guard let numbers = column.numbers() else { throw failure("\(column.type) is no number") }
            if let index = numbers.firstIndex(where: { !$0.isFinite }) {
                throw failure("row \(row(index) + 1) is no finite number")
            }
            return numbers.map { Float(($0 - shift) / scale) }
        }
    }

    // MARK: JSON

    var json: JSON {
        var object = JSONObject()
        switch self {
        case .classes(let names): object["classes"] = JSON(names) { .string($0) }
        case .number(let shift, let scale):
            object["shift"] = JSON(shift)
            object["scale"] = JSON(scale)
        }
        return .object(object)
    }

    init?(_ json: JSON) {
        if let elements = json["classes"].elements {
            let names = elements.compactMap(\.string)
            guard names.count == elements.count, names.count >= 2, Set(names).count == names.count else { return nil }
            self = .classes(names)
        } else {
            guard let shift = json["shift"].double, let scale = json["scale"].double, scale > 0 else { return nil }
            self = .number(shift: shift, scale: scale)
        }
    }
}
