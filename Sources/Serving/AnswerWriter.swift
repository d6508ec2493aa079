import NIOCore
import OnlineStore
import Tables
import TextFormats

/// Writes answers as Feast's server does, straight into the bytes of the response.
struct AnswerWriter {
    private(set) var buffer: ByteBuffer
    /// The last moment that was written of each row: features of one view mostly have the same.
    private var moments: [(time: Int64, text: String)]

    private static let noMoment = "\"1970-01-01T00:00:00Z\""
    private static let momentType = ColumnType.timestamp(.microsecond, zone: "UTC")

    /// The JSON of an answer.
    static func json(_ served: ServedAnswer) -> ByteBuffer {
        var writer = AnswerWriter(rows: served.answer.count, columns: served.plan.names.count)
        writer.write(served)
        return writer.buffer
    }

    private init(rows: Int, columns: Int) {
        buffer = ByteBufferAllocator().buffer(capacity: 256 + (columns + 1) * (80 + rows * 48))
        moments = Array(repeating: (.min, Self.noMoment), count: rows)
    }

    private mutating func write(_ served: ServedAnswer) {
        buffer.writeStaticString("{\"metadata\":{\"feature_names\":[")
        let keys = served.plan.keys.map(\.name)
        for (index, name) in (keys + served.plan.names).enumerated() {
            if index > 0 { buffer.writeStaticString(",") }
            write(text: name)
        }
        buffer.writeStaticString("]},\"results\":[")
        for (index, key) in keys.enumerated() {
            if index > 0 { buffer.writeStaticString(",") }
            write(key: served.question.columns.first { $0.name == key }?.values ?? [])
        }
        for feature in served.answer.features {
            buffer.writeStaticString(",")
            write(feature)
        }
        buffer.writeStaticString("]}")
    }

    private mutating func write(key values: [JSON]) {
        buffer.writeStaticString("{\"values\":[")
        list(values.count) { writer, row in
            if case .string(let text) = values[row] {
                writer.write(text: text)
            } else {
                writer.buffer.writeString(values[row].line)
            }
        }
        buffer.writeStaticString("],\"statuses\":[")
        list(values.count) { writer, _ in writer.buffer.writeStaticString("\"PRESENT\"") }
        buffer.writeStaticString("],\"event_timestamps\":[")
        list(values.count) { writer, _ in writer.buffer.writeString(Self.noMoment) }
        buffer.writeStaticString("]}")
    }

    private mutating func write(_ feature: OnlineAnswer.Feature) {
        let count = feature.statuses.count
        buffer.writeStaticString("{\"values\":[")
        list(count) { writer, row in writer.write(feature.values.cell(at: row), feature.values.type) }
        buffer.writeStaticString("],\"statuses\":[")
        list(count) { writer, row in
            switch feature.statuses[row] {
            case .present: writer.buffer.writeStaticString("\"PRESENT\"")
            case .null: writer.buffer.writeStaticString("\"NULL_VALUE\"")
            case .notFound: writer.buffer.writeStaticString("\"NOT_FOUND\"")
            case .outsideTimeToLive: writer.buffer.writeStaticString("\"OUTSIDE_MAX_AGE\"")
            case .stale, .unavailable: writer.buffer.writeStaticString("\"INVALID\"")
            }
        }
        buffer.writeStaticString("],\"event_timestamps\":[")
        list(count) { writer, row in writer.write(moment: feature.eventTimes[row], row) }
        if feature.stale.contains(where: { $0 != nil }) {
            buffer.writeStaticString("],\"stale\":[")
            list(count) { writer, row in
                writer.buffer.writeString(feature.stale[row].map { "\"\($0.rawValue)\"" } ?? "null")
            }
        }
        buffer.writeStaticString("]}")
    }

    private mutating func list(_ count: Int, _ write: (inout Self, Int) -> Void) {
        for row in 0..<count {
            if row > 0 { buffer.writeStaticString(",") }
            write(&self, row)
        }
    }

    private mutating func write(moment: Int64?, _ row: Int) {
        guard let moment else {
            buffer.writeString(Self.noMoment)
            return
        }
        if moments[row].time != moment {
            moments[row] = (moment, "\"\(Self.momentType.text(of: .integer(moment)))\"")
        }
        buffer.writeString(moments[row].text)
    }

    private mutating func write(_ cell: Cell, _ type: ColumnType) {
        switch cell {
        case .null: buffer.writeStaticString("null")
        case .boolean(let value): buffer.writeString(value ? "true" : "false")
        case .integer(let value) where type.isInteger: buffer.writeString(String(value))
        case .unsigned(let value): buffer.writeString(String(value))
        case .number(let value): write(number: value, isSingle: type == .float32)
        case .numbers(let values):
            buffer.writeStaticString("[")
            list(values.count) { writer, index in writer.write(number: Double(values[index]), isSingle: true) }
            buffer.writeStaticString("]")
        case .text(let text): write(text: text)
        default: write(text: type.text(of: cell))
        }
    }

    private mutating func write(number: Double, isSingle: Bool) {
        if number.isFinite {
            buffer.writeString(isSingle ? Float(number).description : number.description)
        } else {
            // As protocol buffers write them in JSON.
            write(text: number.isNaN ? "NaN" : number < 0 ? "-Infinity" : "Infinity")
        }
    }

    private mutating func write(text: String) {
        let isPlain = text.utf8.allSatisfy { byte in
            byte >= 0x20 && byte < 0x7f && byte != UInt8(ascii: "\"") && byte != UInt8(ascii: "\\")
        }
        if isPlain {
            buffer.writeStaticString("\"")
            buffer.writeString(text)
            buffer.writeStaticString("\"")
        } else {
            buffer.writeString(JSON.string(text).line)
        }
    }
}
