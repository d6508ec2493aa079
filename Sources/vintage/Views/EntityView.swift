import Embeddings
import Tables
import TextFormats

extension [EntityPart] {
    /// As it is asked for: `origin=JFK,dest=LAX`.
    var shown: String { map { "\($0.key)=\($0.value)" }.joined(separator: ",") }

    var json: JSONObject {
        var object = JSONObject()
        for part in self { object[part.key] = .string(part.value) }
        return object
    }
}

/// A moment of microseconds since 1970, as people read it.
func shownMoment(_ moment: Int64) -> String {
    ColumnType.timestamp(.microsecond, zone: "UTC").text(of: .integer(moment))
}
