import TextFormats

/// What a request asks for: the body of `POST /get-online-features`, in Feast's form.
package struct FeatureQuestion: Sendable {
    /// Which features.
    package enum Features: Hashable, Sendable {
        /// Those of a service.
        case service(String)
        /// Each as `view.feature`.
        case list([String])
    }

    /// Which features.
    package let features: Features
    /// Whether each is named for its view in the answer: `view__feature`.
    package let hasFullNames: Bool
    /// The entities' keys, column by column; all of one length.
    package let columns: [(name: String, values: [JSON])]
    /// How many entities are asked about.
    package let count: Int
    /// The moment that is asked for, as it was written; now if it is `nil`.
    package let moment: String?

    /// Reads a body.
    ///
    /// - Throws: ``ServingRefusal`` for a body that has another form, or asks for too much.
    package init(_ body: some Collection<UInt8>, _ limits: ServingLimits) throws(ServingRefusal) {
        let json = try Self.parsed(body)
        guard case .object(let object) = json else { throw .invalid([], "Input should be a valid dictionary") }
        (features, hasFullNames) = try (Self.features(object, limits), Self.flag(object, "full_feature_names"))
        (columns, count) = try Self.columns(object, limits)
        switch object["at"] {
        case .null: moment = nil
        case .string(let text): moment = text
        default: throw .invalid(["at"], "Input should be a date and a time, such as 2026-01-01T12:00:00Z")
        }
    }

    /// Reads JSON, and says where it is none.
    static func parsed(_ body: some Collection<UInt8>) throws(ServingRefusal) -> JSON {
        do {
            return try JSON(parsing: body)
        } catch {
            throw .invalid(["\(error.offset)"], "JSON decode error: \(error.reason)")
        }
    }

    static func flag(_ object: JSONObject, _ key: String) throws(ServingRefusal) -> Bool {
        switch object[key] {
        case .null, .bool(false): return false
        case .bool(true): return true
        default: throw .invalid([key], "Input should be a valid boolean")
        }
    }

    private static func features(_ object: JSONObject, _ limits: ServingLimits) throws(ServingRefusal) -> Features {
        switch object["feature_service"] {
        case .string(let name): return .service(name)
        case .null: break
        default: throw .invalid(["feature_service"], "Input should be a valid string")
        }
        guard case .array(let elements) = object["features"] else {
            if case .null = object["features"] { throw .invalid(["features"], "Field required") }
            throw .invalid(["features"], "Input should be a valid list")
        }
        if elements.isEmpty { throw .invalid(["features"], "List should have at least 1 item") }
        if elements.count > limits.features {
            throw .invalid(["features"], "List should have at most \(limits.features) items, not \(elements.count)")
        }
        var names: [String] = []
        names.reserveCapacity(elements.count)
        for (index, element) in elements.enumerated() {
            guard let name = element.string else {
                throw .invalid(["features", "\(index)"], "Input should be a valid string")
            }
            // Feast writes a colon where definitions have a point.
            if let colon = name.utf8.firstIndex(of: UInt8(ascii: ":")) {
                names.append("\(name[..<colon]).\(name[name.utf8.index(after: colon)...])")
            } else {
                names.append(name)
            }
        }
        return .list(names)
    }

    private static func columns(
        _ object: JSONObject, _ limits: ServingLimits
    ) throws(ServingRefusal) -> ([(name: String, values: [JSON])], Int) {
        guard case .object(let entities) = object["entities"] else {
            if case .null = object["entities"] { throw .invalid(["entities"], "Field required") }
            throw .invalid(["entities"], "Input should be a valid dictionary")
        }
        return try columns(entities, at: "entities", limits)
    }

    /// Columns by name, which all have one length.
    static func columns(
        _ object: JSONObject, at place: String, _ limits: ServingLimits
    ) throws(ServingRefusal) -> ([(name: String, values: [JSON])], Int) {
        var columns: [(name: String, values: [JSON])] = []
        for (name, value) in object.members {
            guard case .array(let values) = value else {
                throw .invalid([place, name], "Input should be a valid list")
            }
            if columns.contains(where: { $0.name == name }) {
                throw .invalid([place, name], "The column is there twice")
            }
            if columns.count >= limits.features { throw .invalid([place], "There are too many columns") }
            columns.append((name, values))
        }
        guard let first = columns.first else { throw .invalid([place], "Dictionary should have at least 1 item") }
        let count = first.values.count
        if let other = columns.first(where: { $0.values.count != count }) {
            throw .invalid(
                [place, other.name], "There are \(other.values.count) values, but \(count) of '\(first.name)'")
        }
        if count > limits.entities {
            throw .invalid([place], "There should be at most \(limits.entities) rows, not \(count)")
        }
        return (columns, count)
    }
}
