import Foundation

import Features

/// An expression that prints itself as text and computes itself for one row, as plainly as can be.
indirect enum RowExpression {
    case column(String)
    case value(RowValue)
    /// An operator or function: how it is written, its operands, and what it makes of their values.
    case strict(([String]) -> String, [RowExpression], ([RowValue]) throws -> RowValue)
    /// The same where a null operand has no say in advance, and operands are computed when they are asked for.
    case lazy(([String]) -> String, [RowExpression], ([() throws -> RowValue]) throws -> RowValue)

    var text: String {
        switch self {
        case .column(let name): name
        case .value(let value): value.literal
        case .strict(let write, let parts, _), .lazy(let write, let parts, _): write(parts.map(\.text))
        }
    }

    func compute(_ row: [String: RowValue]) throws -> RowValue {
        switch self {
        case .column(let name): return row[name] ?? .null
        case .value(let value): return value
        case .strict(_, let parts, let body):
            let values = try parts.map { try $0.compute(row) }
            return values.contains(.null) ? .null : try body(values)
        case .lazy(_, let parts, let body): return try body(parts.map { part in { try part.compute(row) } })
        }
    }
}

/// A value that cannot be computed.
struct RowFailure: Error {}

/// One value.
enum RowValue: Equatable {
    case null
    case bool(Bool)
    case int(Int64)
    case float(Double)
    case text(String)
    case moment(Int64)
    case span(Int64)

    var literal: String {
        switch self {
        case .null: "null"
        case .bool(let value): "\(value)"
        case .int(let value): value < 0 ? "(-\(value.magnitude))" : "\(value)"
        case .float(let value): value < 0 ? "(-\(value.magnitude))" : "\(value)"
        case .text(let value): "'\(value.replacingOccurrences(of: "'", with: "''"))'"
        case .moment, .span(_): "null"
        }
    }

    // What is asked for is what the generator put there.
    var bool: Bool { if case .bool(let value) = self { value } else { false } }
    var int: Int64 { if case .int(let value) = self { value } else { 0 } }
    var float: Double {
        switch self {
        case .float(let value): value
        case .int(let value): Double(value)
        default: 0
        }
    }
    var text: String { if case .text(let value) = self { value } else { "" } }
    var ticks: Int64 {
        switch self {
        case .moment(let value), .span(let value): value
        default: 0
        }
    }

    /// Whether this is less; nothing is less than NaN or more.
    func isLess(_ other: RowValue) -> Bool {
        switch (self, other) {
        case (.bool(let a), .bool(let b)): !a && b
        case (.int(let a), .int(let b)): a < b
        case (.text(let a), .text(let b)): Array(a.utf8).lexicographicallyPrecedes(Array(b.utf8))
        case (.moment(let a), .moment(let b)), (.span(let a), .span(let b)): a < b
        default: float < other.float
        }
    }

    func isEqual(_ other: RowValue) -> Bool {
        switch (self, other) {
        case (.int(let a), .int(let b)): a == b
        case (.text(let a), .text(let b)): Array(a.utf8) == Array(b.utf8)
        case (.float, _), (_, .float): float == other.float
        default: self == other
        }
    }

    /// Whether both are the same, NaN included.
    func isSame(_ other: RowValue) -> Bool {
        if case .float(let a) = self, case .float(let b) = other { return a == b || (a.isNaN && b.isNaN) }
        return self == other
    }
}

/// Writes random expressions of a type.
struct RowExpressionGenerator {
    var random: SplitMix

    private mutating func pick(_ count: Int) -> Int { Int(random.next() % UInt64(count)) }

    mutating func make(_ type: ExpressionType, _ depth: Int) -> RowExpression {
        if depth == 0 || pick(8) == 0 { return leaf(type) }
        switch pick(7) {
        case 0: return conditional(type, depth)
        case 1: return coalesce(type, depth)
        default: break
        }
        switch type {
        case .bool: return condition(depth)
        case .int64: return whole(depth)
        case .float64: return number(depth)
        case .string: return text(depth)
        case .timestamp: return moment(depth)
        case .duration: return span(depth)
        }
    }

    private mutating func leaf(_ type: ExpressionType) -> RowExpression {
        let column = "\(type.rawValue)_\(pick(2))"
        if pick(2) == 0 { return .column(column) }
        switch type {
        case .bool: return .value(.bool(pick(2) == 0))
        case .int64: return .value(.int(Int64(pick(7)) - 3))
        case .float64: return .value(.float([0, 1, -1.5, 2.25, 100, 1e10][pick(6)]))
        case .string: return .value(.text(["", "a", "B", "it's", " é ", "abab", "12"][pick(7)]))
        case .timestamp, .duration: return .column(column)
        }
    }

    private func infix(
        _ symbol: String, _ left: RowExpression, _ right: RowExpression,
        _ body: @escaping (RowValue, RowValue) throws -> RowValue
    ) -> RowExpression {
        .strict({ "(\($0[0]) \(symbol) \($0[1]))" }, [left, right]) { try body($0[0], $0[1]) }
    }

    private func function(
        _ name: String, _ parts: [RowExpression], _ body: @escaping ([RowValue]) throws -> RowValue
    ) -> RowExpression {
        .strict({ "\(name)(\($0.joined(separator: ", ")))" }, parts, body)
    }

    private mutating func conditional(_ type: ExpressionType, _ depth: Int) -> RowExpression {
        let parts = [make(.bool, depth - 1), make(type, depth - 1), make(type, depth - 1)]
        let isCase = pick(2) == 0
        return .lazy(
            { isCase ? "case when \($0[0]) then \($0[1]) else \($0[2]) end" : "if(\($0.joined(separator: ", ")))" },
            parts
        ) { try $0[0]().bool ? try $0[1]() : try $0[2]() }
    }

    private mutating func coalesce(_ type: ExpressionType, _ depth: Int) -> RowExpression {
        let parts = [make(type, depth - 1), make(type, depth - 1)]
        if pick(3) == 0 {
            return .lazy({ "nullif(\($0[0]), \($0[1]))" }, parts) { values in
                let (a, b) = (try values[0](), try values[1]())
                return a != .null && b != .null && a.isEqual(b) ? .null : a
            }
        }
        if pick(3) == 0, type != .bool {
            let isLeast = pick(2) == 0
            return .lazy({ "\(isLeast ? "least" : "greatest")(\($0[0]), \($0[1]))" }, parts) { values in
                let (a, b) = (try values[0](), try values[1]())
                if a == .null || b == .null { return a == .null ? b : a }
                return (isLeast ? b.isLess(a) : a.isLess(b)) ? b : a
            }
        }
        return .lazy({ "coalesce(\($0[0]), \($0[1]))" }, parts) { values in
            let first = try values[0]()
            return first == .null ? try values[1]() : first
        }
    }

    private mutating func condition(_ depth: Int) -> RowExpression {
        switch pick(8) {
        case 0, 1:
            let isAnd = pick(2) == 0
            let parts = [make(.bool, depth - 1), make(.bool, depth - 1)]
            return .lazy({ "(\($0[0]) \(isAnd ? "and" : "OR") \($0[1]))" }, parts) { values in
                let left = try values[0]()
                if left == .bool(!isAnd) { return left }
                let right = try values[1]()
                if right == .bool(!isAnd) { return right }
                return left == .null || right == .null ? .null : .bool(isAnd)
            }
        case 2: return .strict({ "(not \($0[0]))" }, [make(.bool, depth - 1)]) { .bool(!$0[0].bool) }
        case 3:
            let type = ExpressionType.allCases[pick(6)]
            let isNegated = pick(2) == 0
            return .lazy({ "(\($0[0]) is \(isNegated ? "not " : "")null)" }, [make(type, depth - 1)]) {
                .bool((try $0[0]() == .null) != isNegated)
            }
        case 4:
            let parts = [make(.string, depth - 1), make(.string, depth - 1)]
            let name = ["contains", "starts_with", "ends_with"][pick(3)]
            return function(name, parts) { values in
                let (text, part) = (Array(values[0].text.utf8), Array(values[1].text.utf8))
                switch name {
                case "starts_with": return .bool(text.starts(with: part))
                case "ends_with": return .bool(text.reversed().starts(with: part.reversed()))
                default:
                    let starts = 0...max(0, text.count - part.count)
                    return .bool(text.count >= part.count && starts.contains { text[$0...].starts(with: part) })
                }
            }
        case 5:
            let type = ExpressionType.allCases[pick(6)]
            let parts = [make(type, depth - 1), make(type, depth - 1), make(type, depth - 1)]
            // `a` is computed for both tests; so is a failure of it.
            return .lazy({ "(\($0[0]) between \($0[1]) and \($0[2]))" }, parts) { values in
                func test(_ a: RowValue, _ b: RowValue, _ isLow: Bool) -> RowValue {
                    if a == .null || b == .null { return .null }
                    return .bool(isLow ? b.isLess(a) || a.isEqual(b) : a.isLess(b) || a.isEqual(b))
                }
                let low = test(try values[0](), try values[1](), true)
                if low == .bool(false) { return low }
                let high = test(try values[0](), try values[2](), false)
                if high == .bool(false) { return high }
                return low == .null || high == .null ? .null : .bool(true)
            }
        default:
            let types: [(ExpressionType, ExpressionType)] = [
                (.bool, .bool), (.int64, .int64), (.float64, .float64), (.string, .string), (.timestamp, .timestamp),
                (.duration, .duration), (.int64, .float64),
            ]
            let (left, right) = types[pick(7)]
            let symbol = ["=", "<>", "<", "<=", ">", ">="][pick(6)]
            return infix(symbol, make(left, depth - 1), make(right, depth - 1)) { a, b in
                switch symbol {
                case "=": .bool(a.isEqual(b))
                case "<>": .bool(!a.isEqual(b))
                case "<": .bool(a.isLess(b))
                case "<=": .bool(a.isLess(b) || a.isEqual(b))
                case ">": .bool(b.isLess(a))
                default: .bool(b.isLess(a) || a.isEqual(b))
                }
            }
        }
    }

    private mutating func whole(_ depth: Int) -> RowExpression {
        func exact(_ result: (Int64, Bool)) throws -> RowValue {
            if result.1 { throw RowFailure() }
            return .int(result.0)
        }
        switch pick(9) {
        case 0, 1:
            let symbol = ["+", "-", "*", "%"][pick(4)]
            return infix(symbol, make(.int64, depth - 1), make(.int64, depth - 1)) { a, b in
                switch symbol {
                case "+": try exact(a.int.addingReportingOverflow(b.int))
                case "-": try exact(a.int.subtractingReportingOverflow(b.int))
                case "*": try exact(a.int.multipliedReportingOverflow(by: b.int))
                default: b.int == 0 ? .null : b.int == -1 ? .int(0) : .int(a.int % b.int)
                }
            }
        case 2:
            return .strict({ "(- \($0[0]))" }, [make(.int64, depth - 1)]) {
                try exact((0 as Int64).subtractingReportingOverflow($0[0].int))
            }
        case 3:
            return function("div", [make(.int64, depth - 1), make(.int64, depth - 1)]) { values in
                values[1].int == 0 ? .null : try exact(values[0].int.dividedReportingOverflow(by: values[1].int))
            }
        case 4:
            return function("length", [make(.string, depth - 1)]) { .int(Int64($0[0].text.unicodeScalars.count)) }
        case 5:
            return function("sign", [make(.float64, depth - 1)]) { values in
                let x = values[0].float
                return x.isNaN ? .null : .int(x > 0 ? 1 : x < 0 ? -1 : 0)
            }
        case 6: return timePart(depth)
        case 7:
            let isLenient = pick(2) == 0
            let name = isLenient ? "try_cast" : "cast"
            let source: ExpressionType = pick(2) == 0 ? .float64 : .string
            return .strict({ "\(name)(\($0[0]) as int64)" }, [make(source, depth - 1)]) { values in
                let result: Int64? =
                    if case .text(let text) = values[0] {
                        Int64(text.trimmingCharacters(in: .whitespaces))
                    } else {
                        values[0].float.isNaN || values[0].float.magnitude >= 0x1p63 ? nil : Int64(values[0].float)
                    }
                if let result { return .int(result) }
                if isLenient { return .null }
                throw RowFailure()
            }
        default:
            return function("abs", [make(.int64, depth - 1)]) { values in
                values[0].int == .min ? try exact((0, true)) : .int(abs(values[0].int))
            }
        }
    }

    private mutating func timePart(_ depth: Int) -> RowExpression {
        let name = ["year", "month", "day", "hour", "minute", "second", "day_of_week", "day_of_year"][pick(8)]
        return function(name, [make(.timestamp, depth - 1)]) { values in
            let parts = Self.calendar.dateComponents(
                [.year, .month, .day, .hour, .minute, .second, .weekday, .dayOfYear], from: Self.date(values[0]))
            let part =
                switch name {
                case "year": parts.year
                case "month": parts.month
                case "day": parts.day
                case "hour": parts.hour
                case "minute": parts.minute
                case "second": parts.second
                case "day_of_week": parts.weekday.map { ($0 + 5) % 7 + 1 }
                default: parts.dayOfYear
                }
            return .int(Int64(part ?? 0))
        }
    }

    static let calendar: Calendar = {
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = TimeZone(secondsFromGMT: 0) ?? .current
        return calendar
    }()

    private static func date(_ value: RowValue) -> Date {
        Date(timeIntervalSince1970: (Double(value.ticks) / 1e6).rounded(.down))
    }

    private mutating func number(_ depth: Int) -> RowExpression {
        switch pick(8) {
        case 0, 1, 2:
            let symbol = ["+", "-", "*", "/", "%"][pick(5)]
            // `/` of two whole numbers is no whole number.
            let type: ExpressionType = symbol == "/" && pick(2) == 0 ? .int64 : .float64
            return infix(symbol, make(type, depth - 1), make(type, depth - 1)) { a, b in
                switch symbol {
                case "+": .float(a.float + b.float)
                case "-": .float(a.float - b.float)
                case "*": .float(a.float * b.float)
                case "/": b.float == 0 ? .null : .float(a.float / b.float)
                default: b.float == 0 ? .null : .float(fmod(a.float, b.float))
                }
            }
        case 3:
            let name = ["sqrt", "exp", "ln", "log10", "sin", "cos"][pick(6)]
            return function(name, [make(.float64, depth - 1)]) { values in
                let x = values[0].float
                let functions: [String: (Double) -> Double] = [
                    "sqrt": { $0.squareRoot() }, "exp": { exp($0) }, "ln": { log($0) }, "log10": { log10($0) },
                    "sin": { sin($0) }, "cos": { cos($0) },
                ]
                let result = functions[name]?(x) ?? 0
                return x.isFinite && !result.isFinite ? .null : .float(result)
            }
        case 4:
            let name = ["floor", "ceil", "round", "abs"][pick(4)]
            return function(name, [make(.float64, depth - 1)]) { values in
                let x = values[0].float
                switch name {
                case "floor": return .float(x.rounded(.down))
                case "ceil": return .float(x.rounded(.up))
                case "round": return .float(x.rounded())
                default: return .float(x.magnitude)
                }
            }
        case 5:
            let (name, unit) = [("in_seconds", 1e6), ("in_minutes", 60e6), ("in_hours", 3600e6), ("in_days", 86400e6)][
                pick(4)]
            return function(name, [make(.duration, depth - 1)]) { .float(Double($0[0].ticks) / unit) }
        case 6: return function("epoch", [make(.timestamp, depth - 1)]) { .float(Double($0[0].ticks) / 1e6) }
        default:
            return function("power", [make(.float64, depth - 1), make(.int64, depth - 1)]) { values in
                let (x, y) = (values[0].float, values[1].float)
                let result = pow(x, y)
                return result.isFinite || !x.isFinite || !y.isFinite ? .float(result) : .null
            }
        }
    }

    private mutating func text(_ depth: Int) -> RowExpression {
        switch pick(6) {
        case 0: return infix("||", make(.string, depth - 1), make(.string, depth - 1)) { .text($0.text + $1.text) }
        case 1:
            let isUpper = pick(2) == 0
            return function(isUpper ? "upper" : "lower", [make(.string, depth - 1)]) {
                .text(isUpper ? $0[0].text.uppercased() : $0[0].text.lowercased())
            }
        case 2:
            return function("trim", [make(.string, depth - 1)]) {
                .text($0[0].text.trimmingCharacters(in: .whitespaces))
            }
        case 3:
            return function("replace", (0..<3).map { _ in make(.string, depth - 1) }) { values in
                values[1].text.isEmpty
                    ? values[0] : .text(values[0].text.split(onBytes: values[1].text).joined(separator: values[2].text))
            }
        case 4:
            let parts = [make(.string, depth - 1), make(.int64, depth - 1), make(.int64, depth - 1)]
            return function("substring", parts) { values in
                let scalars = Array(values[0].text.unicodeScalars)
                let start = Int128(values[1].int)
                let end = start + Int128(max(values[2].int, 0))
                var text = String.UnicodeScalarView()
                for (index, scalar) in scalars.enumerated() where (start..<end).contains(Int128(index + 1)) {
                    text.append(scalar)
                }
                return .text(String(text))
            }
        default:
            let source: ExpressionType = pick(2) == 0 ? .int64 : .bool
            return .strict({ "cast(\($0[0]) as string)" }, [make(source, depth - 1)]) { values in
                if case .bool(let value) = values[0] { return .text("\(value)") }
                return .text("\(values[0].int)")
            }
        }
    }

    private mutating func moment(_ depth: Int) -> RowExpression {
        func exact(_ result: (Int64, Bool)) throws -> RowValue {
            if result.1 { throw RowFailure() }
            return .moment(result.0)
        }
        if pick(3) == 0 {
            let part = ["year", "month", "day", "hour", "minute", "second"][pick(6)]
            let units: [String: Calendar.Component] = [
                "year": .year, "month": .month, "day": .day, "hour": .hour, "minute": .minute, "second": .second,
            ]
            return .strict({ "truncate(\($0[0]), '\(part)')" }, [make(.timestamp, depth - 1)]) { values in
                let start = Self.calendar.dateInterval(of: units[part] ?? .day, for: Self.date(values[0]))?.start
                return .moment(Int64(start?.timeIntervalSince1970 ?? 0) * 1_000_000)
            }
        }
        // Only columns and small spans, so that the calendar of the test stays where it is right.
        let isSum = pick(2) == 0
        let span = RowExpression.strict({ "seconds(\($0[0]) % 1000000)" }, [.column("float64_0")]) { values in
            let x = fmod(values[0].float, 1_000_000)
            return x.isNaN ? .null : .span(Int64((x * 1e6).rounded()))
        }
        return infix(isSum ? "+" : "-", make(.timestamp, 0), span) { a, b in
            try exact(
                isSum ? a.ticks.addingReportingOverflow(b.ticks) : a.ticks.subtractingReportingOverflow(b.ticks))
        }
    }

    private mutating func span(_ depth: Int) -> RowExpression {
        func exact(_ result: (Int64, Bool)) throws -> RowValue {
            if result.1 { throw RowFailure() }
            return .span(result.0)
        }
        switch pick(4) {
        case 0:
            return infix("-", make(.timestamp, depth - 1), make(.timestamp, depth - 1)) {
                try exact($0.ticks.subtractingReportingOverflow($1.ticks))
            }
        case 1:
            return infix("*", make(.duration, depth - 1), make(.int64, depth - 1)) {
                try exact($0.ticks.multipliedReportingOverflow(by: $1.int))
            }
        case 2:
            let (name, unit) = [("seconds", 1e6), ("minutes", 60e6), ("hours", 3600e6), ("days", 86400e6)][pick(4)]
            return function(name, [make(.float64, depth - 1)]) { values in
                let ticks = values[0].float * unit
                if ticks.isNaN { return .null }
                if ticks.magnitude >= 0x1p63 { throw RowFailure() }
                return .span(Int64(ticks.rounded()))
            }
        default:
            return infix("+", make(.duration, depth - 1), make(.duration, depth - 1)) {
                try exact($0.ticks.addingReportingOverflow($1.ticks))
            }
        }
    }
}

extension String {
    /// The parts between the places where some bytes stand, from the left.
    fileprivate func split(onBytes part: String) -> [String] {
        let (bytes, part) = (Array(utf8), Array(part.utf8))
        var parts: [[UInt8]] = [[]]
        var index = 0
        while index < bytes.count {
            if bytes[index...].starts(with: part) {
                parts.append([])
                index += part.count
            } else {
                parts[parts.count - 1].append(bytes[index])
                index += 1
            }
        }
        return parts.map { String(decoding: $0, as: UTF8.self) }
    }
}
