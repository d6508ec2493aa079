/// What the values of a column are.
///
/// A type has a name, with which it is shown and declared: `int64`, `string`, `timestamp[us, UTC]`.
public enum ColumnType: Hashable, Sendable {
    /// True or false, one bit a value.
    case boolean
    /// Whole numbers of 8 bits with a sign.
    case int8
    /// Whole numbers of 16 bits with a sign.
    case int16
    /// Whole numbers of 32 bits with a sign.
    case int32
    /// Whole numbers of 64 bits with a sign.
    case int64
    /// Whole numbers of 8 bits.
    case uint8
    /// Whole numbers of 16 bits.
    case uint16
    /// Whole numbers of 32 bits.
    case uint32
    /// Whole numbers of 64 bits.
    case uint64
    /// Numbers of single precision.
    case float32
    /// Numbers of double precision.
    case float64
    /// UTF-8 text.
    case string
    /// Bytes.
    case binary
    /// Bytes of one length.
    case fixedBinary(Int)
    /// Whole numbers of 128 bits that are divided by ten to the power of the scale.
    case decimal(precision: Int, scale: Int)
    /// Days since 1970-01-01, as 32-bit numbers.
    case date
    /// The time of day; 32-bit numbers for seconds and milliseconds, else 64-bit ones.
    case time(TimeUnit)
    /// Moments, as 64-bit counts of the unit since 1970-01-01T00:00:00.
    ///
    /// With a zone the count is in UTC and the zone is how people see it. Without one the count is what a clock on some
    /// wall showed, which is no moment until somebody says where.
    case timestamp(TimeUnit, zone: String?)
    /// Spans of time, as 64-bit counts of the unit.
    case duration(TimeUnit)
    /// Vectors of so many numbers of single precision, as embeddings are; Arrow's fixed-size list.
    case vector(Int)
    /// A type that tables do not carry, by Arrow's name for it. A column of it can be seen and left out, not read.
    case unsupported(String)

    /// How many bytes a value has in memory; `nil` for booleans, which have a bit, and for texts and bytes.
    public var byteWidth: Int? {
        switch self {
        case .int8, .uint8: 1
        case .int16, .uint16: 2
        case .int32, .uint32, .float32, .date, .time(.second), .time(.millisecond): 4
        case .int64, .uint64, .float64, .time, .timestamp, .duration: 8
        case .decimal: 16
        case .fixedBinary(let width): width
        case .vector(let dimension): dimension * 4
        case .boolean, .string, .binary, .unsupported: nil
        }
    }

    /// Whether values are texts or bytes of any length.
    public var isVariable: Bool { self == .string || self == .binary }

    /// Whether values are whole numbers.
    public var isInteger: Bool {
        switch self {
        case .int8, .int16, .int32, .int64, .uint8, .uint16, .uint32, .uint64: true
        default: false
        }
    }

    /// Whether values are numbers that can be added: whole or not.
    public var isNumeric: Bool { isInteger || self == .float32 || self == .float64 }

    /// Whether tables carry columns of the type.
    public var isCarried: Bool {
        if case .unsupported = self { return false }
        return true
    }

    /// Whether values are moments of which nobody said where the clock stood.
    public var isNaiveTimestamp: Bool {
        if case .timestamp(_, zone: nil) = self { return true }
        return false
    }
}

extension ColumnType: CustomStringConvertible {
    private static let plain: [(type: ColumnType, name: String, format: String)] = [
        (.boolean, "boolean", "b"), (.int8, "int8", "c"), (.int16, "int16", "s"), (.int32, "int32", "i"),
        (.int64, "int64", "l"), (.uint8, "uint8", "C"), (.uint16, "uint16", "S"), (.uint32, "uint32", "I"),
        (.uint64, "uint64", "L"), (.float32, "float32", "f"), (.float64, "float64", "g"), (.string, "string", "u"),
        (.binary, "binary", "z"), (.date, "date", "tdD"),
    ]

    /// The names of the types that have no parameters.
    public static var plainNames: [String] { plain.map(\.name) }

    /// The type's name.
    public var description: String {
        switch self {
        case .fixedBinary(let width): "fixed_binary[\(width)]"
        case .vector(let dimension): "vector[\(dimension)]"
        case .decimal(let precision, let scale): "decimal(\(precision), \(scale))"
        case .time(let unit): "time[\(unit.rawValue)]"
        case .timestamp(let unit, let zone): "timestamp[\(unit.rawValue)" + (zone.map { ", \($0)" } ?? "") + "]"
        case .duration(let unit): "duration[\(unit.rawValue)]"
        case .unsupported(let name): name
        default: Self.plain.first { $0.type == self }?.name ?? ""
        }
    }

    /// The type of a name, as ``description`` writes it; `nil` if there is none.
    ///
    /// `timestamp` alone is `timestamp[us]`.
    public init?(named name: String) {
        if let found = Self.plain.first(where: { $0.name == name }) {
            self = found.type
            return
        }
        if name == "timestamp" {
            self = .timestamp(.microsecond, zone: nil)
            return
        }
        let parts = name.split(maxSplits: 1) { $0 == "[" || $0 == "(" }
        guard parts.count == 2, let last = parts[1].last, last == "]" || last == ")" else { return nil }
        let parameters = parts[1].dropLast().split(separator: ",").map { $0.drop { $0 == " " } }
        let unit = parameters.first.flatMap { TimeUnit(rawValue: String($0)) }
        switch (parts[0], parameters.count, unit) {
        case ("timestamp", 1, let unit?): self = .timestamp(unit, zone: nil)
        case ("timestamp", 2, let unit?): self = .timestamp(unit, zone: String(parameters[1]))
        case ("time", 1, let unit?): self = .time(unit)
        case ("duration", 1, let unit?): self = .duration(unit)
        case ("fixed_binary", 1, _):
            guard let width = Int(parameters[0]), width > 0 else { return nil }
            self = .fixedBinary(width)
        case ("vector", 1, _):
            guard let dimension = Int(parameters[0]), dimension > 0 else { return nil }
            self = .vector(dimension)
        case ("decimal", 2, _):
            guard let precision = Int(parameters[0]), (1...38).contains(precision), let scale = Int(parameters[1])
            else { return nil }
            self = .decimal(precision: precision, scale: scale)
        default: return nil
        }
    }

    // MARK: Arrow's format strings

    /// The type as the C data interface writes it.
    var arrowFormat: String {
        switch self {
        case .fixedBinary(let width): "w:\(width)"
        case .vector(let dimension): "+w:\(dimension)"
        case .decimal(let precision, let scale): "d:\(precision),\(scale)"
        case .time(let unit): "tt\(unit.arrowLetter)"
        case .timestamp(let unit, let zone): "ts\(unit.arrowLetter):\(zone ?? "")"
        case .duration(let unit): "tD\(unit.arrowLetter)"
        case .unsupported(let name): name
        default: Self.plain.first { $0.type == self }?.format ?? ""
        }
    }

    /// Reads what the C data interface writes; what is not carried becomes ``unsupported(_:)``.
    init(arrowFormat format: String) {
        if let found = Self.plain.first(where: { $0.format == format }) {
            self = found.type
            return
        }
        let unit = format.dropFirst(2).first.flatMap(TimeUnit.init(arrowLetter:))
        if format.hasPrefix("ts"), let unit {
            let zone = String(format.dropFirst(4))
            self = .timestamp(unit, zone: zone.isEmpty ? nil : zone)
        } else if format.hasPrefix("tt"), let unit {
            self = .time(unit)
        } else if format.hasPrefix("tD"), let unit {
            self = .duration(unit)
        } else if format.hasPrefix("w:"), let width = Int(format.dropFirst(2)), width > 0 {
            self = .fixedBinary(width)
        } else if format.hasPrefix("d:") {
            let numbers = format.dropFirst(2).split(separator: ",").compactMap { Int($0) }
            let isCarried = numbers.count == 2 || (numbers.count == 3 && numbers[2] == 128)
            self = isCarried ? .decimal(precision: numbers[0], scale: numbers[1]) : .unsupported("decimal")
        } else {
            self = .unsupported(Self.unsupportedName(format))
        }
    }

    private static func unsupportedName(_ format: String) -> String {
        let names = [
            ("+l", "list"), ("+L", "list"), ("+vl", "list"), ("+vL", "list"), ("+w", "fixed-size list"),
            ("+s", "struct"), ("+m", "map"), ("+u", "union"), ("+r", "run-end encoded"), ("ti", "interval"),
        ]
        return names.first { format.hasPrefix($0.0) }?.1 ?? "type '\(format)'"
    }
}
