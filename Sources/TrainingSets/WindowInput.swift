import Features
import PointInTime
import Tables

/// What a window's aggregation takes of a source's rows.
struct WindowInput {
    /// In what form the engine takes the values.
    enum Form: Equatable {
        /// Floating-point numbers.
        case numbers
        /// Whole numbers, moments, lengths of time, truth values.
        case whole
        /// Texts, numbered as they are first seen, of which only it matters which are equal.
        case codes
        /// Texts, numbered in their order.
        case ranks
        /// Nothing but whether there is a value.
        case presence

        var kind: WindowColumn.Kind {
            switch self {
            case .numbers: .numbers
            case .whole, .codes, .ranks: .integers
            case .presence: .opaque
            }
        }
    }

    /// The expression; `nil` where rows are counted.
    let expression: BoundExpression?
    /// The column, if the expression is one and nothing else.
    let column: String?
    /// The name that the expression knows the filter by.
    let filterName: String?
    /// Only rows for which it is true have a value.
    let filter: BoundExpression?
    let form: Form
    /// As messages call it.
    let text: String
}

/// The values of one input in a batch, in memory of their own or a column's.
struct WindowValues {
    private enum Values {
        case floats(Column)
        case doubles(Column)
        case numbers([Double])
        case whole(WholeNumbers)
        case presence(Int)
    }

    private let values: Values
    private let validity: [Bool]?

    private init(_ values: Values, _ validity: [Bool]?) { (self.values, self.validity) = (values, validity) }

    /// Numbers that stand for texts.
    init(codes: [Int64], validity: [Bool]?) { self.init(.whole(.computed(codes)), validity) }

    /// Rows that are there or not.
    init(presence: [Bool]?, count: Int) { self.init(.presence(count), presence) }

    /// Values of a column of the data as they are.
    ///
    /// - Returns: `nil` if a value is out of range.
    init?(_ column: Column, _ form: WindowInput.Form, filter: [Bool]?) {
        let validity = both(column.validities, filter)
        switch (form, column.type) {
        case (.presence, _): self.init(.presence(column.count), validity)
        case (.numbers, .float32): self.init(.floats(column), validity)
        case (.numbers, .float64): self.init(.doubles(column), validity)
        case (.whole, .date), (.whole, .timestamp):
            guard let moments = WholeNumbers(moments: column, .down) else { return nil }
            self.init(.whole(moments), validity)
        case (.whole, _) where column.type == .boolean || column.type.isInteger:
            guard let numbers = WholeNumbers(widening: column) else { return nil }
            self.init(.whole(numbers), validity)
        default:
            guard let vector = ExpressionVector(column) else { return nil }
            self.init(vector, form, filter: filter) { _ in nil }
        }
    }

    /// Values that were worked out.
    ///
    /// - Parameter number: the number that stands for texts.
    init?(
        _ vector: ExpressionVector, _ form: WindowInput.Form, filter: [Bool]?,
        number: (TextVector) throws -> [Int64]?
    ) rethrows {
        let validity = both(vector.validity, filter)
        if form == .presence {
            self.init(.presence(vector.count), validity)
            return
        }
        switch vector {
        case .bool(let vector): self.init(.whole(.computed(vector.values.map { $0 ? 1 : 0 })), validity)
        case .int64(let vector), .timestamp(let vector), .duration(let vector):
            self.init(.whole(.computed(vector.values)), validity)
        case .float64(let vector): self.init(.numbers(vector.values), validity)
        case .string(let vector):
            guard let numbers = try number(vector) else { return nil }
            self.init(.whole(.computed(numbers)), validity)
        }
    }

    /// Calls `body` with columns as the engine takes them.
    static func withWindowColumns<Result>(
        _ inputs: ArraySlice<WindowValues>, _ columns: [WindowColumn] = [], _ body: ([WindowColumn]) throws -> Result
    ) rethrows -> Result {
        guard let first = inputs.first else { return try body(columns) }
        return try first.withWindowColumn { column in
            try withWindowColumns(inputs.dropFirst(), columns + [column], body)
        }
    }

    private func withWindowColumn<Result>(_ body: (WindowColumn) throws -> Result) rethrows -> Result {
        guard let validity else { return try withValues { try body(WindowColumn($0)) } }
        return try validity.withUnsafeBufferPointer { validity in
            try withValues { try body(WindowColumn($0, isValid: validity)) }
        }
    }

    private func withValues<Result>(_ body: (WindowColumn.Values) throws -> Result) rethrows -> Result {
        switch values {
        case .floats(let column): try column.withValues(as: Float.self) { try body(.floats($0)) }
        case .doubles(let column): try column.withValues(as: Double.self) { try body(.numbers($0)) }
        case .numbers(let numbers): try numbers.withUnsafeBufferPointer { try body(.numbers($0)) }
        case .whole(let numbers): try numbers.withBuffer { try body(.integers($0)) }
        case .presence(let count): try body(.opaque(count: count))
        }
    }
}

/// Numbers for texts: as they are first seen, or in their order.
struct TextNumbers {
    private var numbers: [[UInt8]: Int64] = [:]
    private var texts: [[UInt8]] = []

    /// Takes in texts that are there.
    mutating func add(_ vector: TextVector, _ filter: [Bool]?) {
        for row in 0..<vector.count where (vector.validity?[row] ?? true) && (filter?[row] ?? true) {
            let text = Array(vector.bytes[vector.offsets[row]..<vector.offsets[row + 1]])
            if numbers[text] == nil {
                numbers[text] = Int64(texts.count)
                texts.append(text)
            }
        }
    }

    /// Takes in the texts of a column, each of a dictionary once, and tells the number of each row's; any at a null.
    mutating func numbers(adding column: Column) -> [Int64] {
        if let dictionary = column.dictionary, dictionary.count < column.count {
            let known = numbers(adding: dictionary)
            let found = column.withDictionary { places, _ in
                places.map { known.indices.contains(Int($0)) ? known[Int($0)] : -1 }
            }
            if let found { return found }
        }
        return column.withStrings { strings in
            (0..<column.count).map { row in
                if column.isNull(at: row) { return -1 }
                let text = Array(strings[row])
                if let number = numbers[text] { return number }
                let number = Int64(texts.count)
                numbers[text] = number
                texts.append(text)
                return number
            }
        }
    }

    /// Numbers the texts anew by their order, byte by byte.
    mutating func sort() {
        texts.sort { $0.lexicographicallyPrecedes($1) }
        for (number, text) in texts.enumerated() { numbers[text] = Int64(number) }
    }

    /// The numbers of texts; any for one that was not taken in.
    func numbers(of vector: TextVector) -> [Int64] {
        (0..<vector.count).map { row in
            numbers[Array(vector.bytes[vector.offsets[row]..<vector.offsets[row + 1]])] ?? -1
        }
    }

    /// The texts of numbers.
    func column(_ values: [Int64], isValid: [Bool]) -> Column? {
        var builder = StringColumnBuilder()
        for (value, isValid) in zip(values, isValid) {
            if !isValid {
                builder.appendNull()
                continue
            }
            if builder.byteCount + texts[Int(value)].count > Int(Int32.max) { return nil }
            builder.append(texts[Int(value)])
        }
        return builder.finish()
    }
}
