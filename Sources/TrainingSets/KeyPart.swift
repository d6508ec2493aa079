import Features
import PointInTime
import Tables

/// What a column of a key holds, as far as keys are compared.
enum KeyKind: String, Sendable, Hashable {
    case text = "string"
    case whole = "int64"
    case boolean
    /// A moment, in microseconds.
    case moment = "timestamp"

    init(_ type: DeclaredType) {
        switch type.expressionType {
        case .bool: self = .boolean
        case .int64: self = .whole
        case .timestamp: self = .moment
        default: self = .text
        }
    }

    /// What values of a type are compared as; `nil` if keys do not hold such.
    init?(_ type: ExpressionType) {
        switch type {
        case .bool: self = .boolean
        case .int64, .duration: self = .whole
        case .string: self = .text
        case .timestamp: self = .moment
        case .float64: return nil
        }
    }

    /// What the engine takes.
    var engineKind: KeyColumn.Kind { self == .text ? .bytes : .integers }
}

/// One column of a key, in the form in which the engine compares it.
struct KeyPart {
    private enum Values {
        case numbers(WholeNumbers)
        case texts(Column)
        case bytes(offsets: [Int32], [UInt8])
    }

    private let values: Values
    /// Which rows have a value; `nil` if all have.
    let validity: [Bool]?

    /// Takes values of a source or a spine.
    ///
    /// - Returns: `nil` if they are of another kind.
    init?(_ value: ColumnValue, as kind: KeyKind) {
        switch value {
        case .column(let column):
            guard let type = ExpressionType(column.type), KeyKind(type) == kind else { return nil }
            validity = column.validities
            switch kind {
            case .text: values = .texts(column)
            case .whole, .boolean:
                let whole = column.type.byteWidth == 8 && !column.type.isInteger ? nil : column
                guard let numbers = WholeNumbers(widening: whole ?? column.reinterpreted(.int64)) else { return nil }
                values = .numbers(numbers)
            case .moment:
                guard let moments = WholeNumbers(moments: column, .down) else { return nil }
                values = .numbers(moments)
            }
        case .vector(let vector):
            guard KeyKind(vector.type) == kind else { return nil }
            validity = vector.validity
            switch vector {
            case .bool(let vector): values = .numbers(.computed(vector.values.map { $0 ? 1 : 0 }))
            case .int64(let vector), .timestamp(let vector), .duration(let vector):
                values = .numbers(.computed(vector.values))
            case .string(let vector):
                if vector.bytes.count > Int(Int32.max) { return nil }
                values = .bytes(offsets: vector.offsets.map { Int32($0) }, vector.bytes)
            case .float64: return nil
            }
        }
    }

    private func withKeyColumn<Result>(_ body: (KeyColumn) throws -> Result) rethrows -> Result? {
        switch values {
        case .numbers(let numbers): return try numbers.withBuffer { try body(.integers($0)) }
        case .bytes(let offsets, let bytes):
            return try offsets.withUnsafeBufferPointer { offsets in
                try bytes.withUnsafeBytes { try body(.bytes(offsets: offsets, values: $0)) }
            }
        case .texts(let column):
            guard let column = column.decoded() else { return nil }
            return try column.withTextBuffers { try body(.bytes(offsets: $0, values: $1)) } ?? nil
        }
    }

    /// Calls `body` with the columns of a key.
    ///
    /// - Returns: `nil` if the texts of one are too many bytes.
    private static func withKeyColumns<Result>(
        _ parts: ArraySlice<KeyPart>, _ columns: [KeyColumn] = [], _ body: ([KeyColumn]) throws -> Result
    ) rethrows -> Result? {
        guard let first = parts.first else { return try body(columns) }
        return try first.withKeyColumn { column in
            try withKeyColumns(parts.dropFirst(), columns + [column], body)
        } ?? nil
    }
}

extension KeyPart {
    /// The numbers themselves, where the column holds numbers.
    var numbers: WholeNumbers? {
        if case .numbers(let numbers) = values { return numbers }
        return nil
    }

    /// Adds a row's value to the bytes that name an entity.
    func append(_ row: Int, to bytes: inout [UInt8]) {
        func add(_ tag: UInt8, _ number: UInt64) {
            bytes.append(tag)
            withUnsafeBytes(of: number.littleEndian) { bytes.append(contentsOf: $0) }
        }
        func add(_ text: UnsafeRawBufferPointer) {
            add(2, UInt64(text.count))
            bytes.append(contentsOf: text)
        }
        switch values {
        case .numbers(let numbers): add(1, numbers.withBuffer { UInt64(bitPattern: $0[row]) })
        case .texts(let column): column.withStrings { add($0[row]) }
        case .bytes(let offsets, let all):
            all.withUnsafeBytes { add(UnsafeRawBufferPointer(rebasing: $0[Int(offsets[row])..<Int(offsets[row + 1])])) }
        }
    }

    /// Numbers the keys of rows, new ones too; a key with a null gets -1.
    static func encode(_ parts: [KeyPart], _ coder: inout KeyCoder) throws -> [Int32]? {
        var codes = try withKeyColumns(parts[...]) { try coder.encode($0) }
        for part in parts { codes?.clear(where: part.validity) }
        return codes
    }

    /// The numbers of the keys of rows; -1 for one that has none, and for one with a null.
    static func codes(_ parts: [KeyPart], _ coder: KeyCoder, threads: Int) throws -> [Int32]? {
        var codes: [Int32]?
        if parts.count == 1, case .texts(let column) = parts[0].values, let dictionary = column.dictionary,
            dictionary.count < column.count
        {
            // Each distinct text is looked up once.
            let known = try dictionary.withTextBuffers { offsets, bytes in
                try coder.codes(of: [.bytes(offsets: offsets, values: bytes)], threads: threads)
            }
            if let known {
                codes = column.withDictionary { numbers, _ in
                    // What stands at a null is any number.
                    numbers.map { known.indices.contains(Int($0)) ? known[Int($0)] : -1 }
                }
            }
        }
        if codes == nil {
            codes = try withKeyColumns(parts[...]) { try coder.codes(of: $0, threads: threads) }
        }
        for part in parts { codes?.clear(where: part.validity) }
        return codes
    }
}

extension [Int32] {
    /// Puts -1 where there is no value.
    mutating func clear(where isKept: [Bool]?) {
        guard let isKept else { return }
        for row in indices where !isKept[row] { self[row] = -1 }
    }
}

/// Values of one column of a table: as they were read, or worked out.
enum ColumnValue {
    case column(Column)
    case vector(ExpressionVector)

    /// Which rows have a value; `nil` if all have.
    var validity: [Bool]? {
        switch self {
        case .column(let column): column.validities
        case .vector(let vector): vector.validity
        }
    }

    var typeName: String {
        switch self {
        case .column(let column): "\(column.type)"
        case .vector(let vector): "\(vector.type)"
        }
    }
}
