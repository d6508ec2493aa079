import TextFormats

/// Rows that are pushed: the body of `POST /push`.
package struct PushedRows: Sendable {
    /// The source whose rows they are.
    package let source: String
    /// The rows, each with its columns.
    package let rows: [JSON]

    /// Reads Feast's form: `{"push_source_name": …, "df": {column: […]}, "to": "online"}`.
    package init(_ body: some Collection<UInt8>, _ limits: ServingLimits) throws(ServingRefusal) {
        guard case .object(let object) = try FeatureQuestion.parsed(body) else {
            throw .invalid([], "Input should be a valid dictionary")
        }
        guard let source = object["push_source_name"].string else {
            throw .invalid(["push_source_name"], "Input should be a valid string")
        }
        switch object["to"] {
        case .null, .string("online"): break
        default: throw .invalid(["to"], "Input should be 'online'; files are added with 'vintage add'")
        }
        guard case .object(let frame) = object["df"] else {
            throw .invalid(["df"], "Input should be a valid dictionary")
        }
        let (columns, count) = try FeatureQuestion.columns(frame, at: "df", limits)
        self.source = source
        rows = (0..<count).map { row in
            var object = JSONObject()
            for column in columns { object[column.name] = column.values[row] }
            return .object(object)
        }
    }
}
