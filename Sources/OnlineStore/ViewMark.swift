import Features
import ObjectStore
import Tables
import TextFormats

/// What a store says of a view: where its rows are, what they were made from, and how far.
struct ViewMark: Equatable {
    /// A file that rows were read from.
    struct File: Equatable {
        let path: String
        let artifact: String
        let snapshot: String
        /// What names its bytes; empty if nothing does.
        let id: String
    }

    /// Where the rows are.
    var space: String
    /// The columns of the rows.
    var fields: [Field]
    /// All columns of the source.
    var sourceFields: [Field]
    /// The files, in the order in which their rows count.
    var files: [File]
    /// The definitions of the view, its entity and its source.
    var definition: String
    /// Rows that became known later were left out; `nil` if none were.
    var until: Int64?
    /// Up to when the view was filled.
    var watermark: Int64
    /// The first moment that may be asked for.
    var horizon: Int64
    /// The version of the model that made the vectors of the files, empty if nothing says which; `nil` if there are none.
    var vectors: String?
    /// Names the texts that these were held against; empty if nothing does, `nil` if that is not declared.
    var texts: String?
    /// How many rows and entities there are.
    var rows: Int
    var entities: Int

    /// The name under which a store keeps it.
    static func name(of view: String) -> String { "view:\(view)" }

    /// Written down.
    var bytes: [UInt8] {
        var object = JSONObject()
        object["format"] = .integer(4)
        object["space"] = .string(space)
        object["definition"] = .string(definition)
        object["fields"] = JSON(fields: fields)
        object["source_fields"] = JSON(fields: sourceFields)
        object["files"] = JSON(files) { file in
            .array([.string(file.path), .string(file.artifact), .string(file.snapshot), .string(file.id)])
        }
        object["until"] = until.map { .integer($0) } ?? .null
        object["watermark"] = .integer(watermark)
        object["horizon"] = .integer(horizon)
        object["vectors"] = vectors.map { .string($0) } ?? .null
        object["texts"] = texts.map { .string($0) } ?? .null
        object["rows"] = JSON(rows)
        object["entities"] = JSON(entities)
        return Array(JSON.object(object).line.utf8)
    }

    /// Reads what was written down; `nil` if it is no such thing.
    init?(_ bytes: [UInt8]) {
        guard let json = try? JSON(parsing: bytes), json["format"].count == 4,
            let space = json["space"].string, let definition = json["definition"].string,
            let fields = json["fields"].fields, let sourceFields = json["source_fields"].fields,
            let files = json["files"].elements, let watermark = json["watermark"].whole,
            let horizon = json["horizon"].whole, let rows = json["rows"].count,
            let entities = json["entities"].count
        else { return nil }
        self.space = space
        self.definition = definition
        (self.watermark, self.horizon, until) = (watermark, horizon, json["until"].whole)
        (self.rows, self.entities) = (Int(rows), Int(entities))
        (self.fields, self.sourceFields) = (fields, sourceFields)
        (vectors, texts) = (json["vectors"].string, json["texts"].string)
        self.files = []
        for file in files {
            let parts = (file.elements ?? []).compactMap(\.string)
            guard parts.count == 4 else { return nil }
            self.files.append(File(path: parts[0], artifact: parts[1], snapshot: parts[2], id: parts[3]))
        }
    }

    /// What was written down in a store.
    ///
    /// - Throws: ``OnlineStoreError/damaged(store:what:)`` if it is no such thing.
    init(_ bytes: [UInt8], in storage: any OnlineStorage) throws(OnlineStoreError) {
        guard let mark = ViewMark(bytes) else { throw .damaged(store: storage.name, what: "a mark") }
        self = mark
    }

    /// Whether the rows were kept for the view as it is defined now: other definitions need other rows.
    func isOf(_ view: String, in definitions: Definitions) throws(UnknownDefinition) -> Bool {
        definition == "\(try definitions.digest(ofView: view))"
    }

    init(
        space: String, fields: [Field], sourceFields: [Field], files: [File], definition: String,
        until: Int64?, watermark: Int64, horizon: Int64, rows: Int, entities: Int
    ) {
        (self.space, self.fields, self.sourceFields) = (space, fields, sourceFields)
        (self.files, self.definition) = (files, definition)
        (self.until, self.watermark, self.horizon) = (until, watermark, horizon)
        (self.rows, self.entities) = (rows, entities)
    }
}

extension JSON {
    /// Columns with their types.
    init(fields: [Field]) {
        self.init(fields) { .array([.string($0.name), .string($0.type.description)]) }
    }

    /// Columns with their types, as they were written down; `nil` if it is no such list.
    var fields: [Field]? {
        guard let elements else { return nil }
        var fields: [Field] = []
        for element in elements {
            let parts = (element.elements ?? []).compactMap(\.string)
            guard parts.count == 2, let type = ColumnType(named: parts[1]) else { return nil }
            fields.append(Field(parts[0], type))
        }
        return fields
    }

    /// The whole number, if it is one that 64 bits hold.
    fileprivate var whole: Int64? { if case .integer(let number) = self { number } else { nil } }
}
