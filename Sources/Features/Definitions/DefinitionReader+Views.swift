import Yams

// Sources and views, the definitions with expressions.

extension DefinitionReader {
    func source(_ name: String, _ node: Node, _ place: DefinitionPlace) -> FeatureSource? {
        let keys = [
            "path", "event_time", "availability", "zone", "columns", "derive", "where", "event_key", "retracted",
            "format",
        ]
        guard
            let fields = mapping(
                node, what: "the source '\(name)'", place: place, keys: keys + Self.common,
                required: ["path", "event_time"])
        else { return nil }
        let path = path(fields, "path")
        var columns: [TypedColumn]?
        if fields.has("columns") {
            let pairs = fields.pairs("columns", expected: "columns with their types") ?? []
            columns = pairs.compactMap { column, text in
                columnType(text, fields.texts.place("columns.\(column).value")).map {
                    TypedColumn(name: column, type: $0)
                }
            }
            // A column of an unknown type is said to be wrong once, not wherever it is used.
            if columns?.count != pairs.count { columns = nil }
            if fields.node("columns")?.mapping?.isEmpty == true {
                fields.wrong("columns", expected: "columns with their types")
            }
        }
        let derived = derivedColumns(fields)
        for column in derived where columns?.contains(where: { $0.name == column.name }) == true {
            problems.add(
                .repeated(column.name, in: "'columns' and 'derive' of the source '\(name)'"),
                at: fields.texts.place("derive.\(column.name)"))
        }
        let zone = fields.text("zone")
        if let zone, !TimeZoneName.isKnown(zone) {
            problems.add(.unknownZone(zone, nearest: TimeZoneName.nearest(to: zone)), at: fields.texts.place("zone"))
        }
        if fields.has("retracted"), !fields.has("event_key") {
            problems.add(.needs("retracted", other: "event_key"), at: fields.texts.place("retracted"))
        }
        let format = fields.choice("format", TableFormat.self)
        let availability = availability(fields)
        let filter = fields.expression("where")
        let retracted = fields.expression("retracted")
        guard let path, let eventTime = fields.text("event_time", expected: "a column") else { return nil }
        return FeatureSource(
            name: name, path: path, format: format, zone: zone, columns: columns, derived: derived,
            eventTime: eventTime, availability: availability, filter: filter,
            eventKey: fields.list("event_key") ?? [], retracted: retracted, description: fields.text("description"),
            owner: fields.text("owner"), place: place, texts: fields.texts)
    }

    /// What stands under 'derive', as it is written.
    func derivedColumns(_ fields: DefinitionMapping) -> [DerivedColumn] {
        var derived: [DerivedColumn] = []
        for (column, _, node) in fields.members("derive", expected: "columns with their expressions") ?? [] {
            let expression = fields.parse(node, "derive.\(column).value") { (text) throws(ExpressionError) in
                try Expression(parsing: text)
            }
            if let expression { derived.append(DerivedColumn(name: column, expression: expression)) }
        }
        return derived
    }

    private func availability(_ fields: DefinitionMapping) -> Availability? {
        let expected = "a column, or {lag: 1h}, or {column: posted, lag: 5m}"
        guard let node = fields.node("availability") else { return nil }
        if node.scalar != nil {
            return fields.text("availability", expected: expected).map { Availability(column: $0, lag: .seconds(0)) }
        }
        guard
            let inner = mapping(
                node, what: "'availability' of \(fields.what)", place: file.place(node.mark), keys: ["column", "lag"],
                required: ["lag"])
        else { return nil }
        guard let lag = inner.span("lag") else { return nil }
        return Availability(column: inner.text("column", expected: "a column"), lag: lag)
    }

    func view(_ name: String, _ node: Node, _ place: DefinitionPlace) -> FeatureView? {
        let keys = ["entity", "source", "features", "keys", "where", "windows", "ttl", "embargo", "embedding"]
        let what = "the view '\(name)'"
        guard
            let fields = mapping(
                node, what: what, place: place, keys: keys + Self.common, required: ["entity", "source"])
        else { return nil }
        if !fields.has("features"), !fields.has("embedding") {
            problems.add(.missingKey("features", in: what), at: place)
            return nil
        }
        let windows = fields.windows("windows") ?? []
        var features: [Feature] = []
        if fields.node("features")?.sequence != nil {
            for column in fields.list("features") ?? [] {
                let place = fields.texts.place("features.\(column)")
                guard column.isDefinitionName else {
                    problems.add(.invalidName(column, of: "a feature"), at: place)
                    continue
                }
                features.append(plain(column, place))
            }
        } else {
            let expected = "features with their values, or a list of columns"
            for (feature, place, node) in fields.members("features", expected: expected) ?? [] {
                guard feature.isDefinitionName else {
                    problems.add(.invalidName(feature, of: "a feature"), at: place)
                    continue
                }
                if node.isNothing {
                    features.append(plain(feature, place))
                } else if let feature = self.feature(feature, node, place, of: name, windows) {
                    features.append(feature)
                }
            }
            if fields.node("features")?.mapping?.isEmpty == true { fields.wrong("features", expected: expected) }
        }
        let pairs = fields.pairs("keys", expected: "the entity's keys with the source's columns") ?? []
        let filter = fields.expression("where")
        let (entity, source) = (fields.name("entity"), fields.name("source"))
        guard let entity, let source else { return nil }
        let embedding = embedding(fields, of: name, source: source)
        // Vectors are there to be used, so a view that names nothing else has them.
        if !fields.has("features"), let embedding {
            let place = embedding.texts.place("column")
            if embedding.column.isDefinitionName {
                features = [plain(embedding.column, place)]
            } else {
                problems.add(.invalidName(embedding.column, of: "a feature"), at: place)
            }
        }
        return FeatureView(
            name: name, entity: entity, source: source, sourceColumns: Dictionary(pairs) { first, _ in first },
            filter: filter, timeToLive: fields.span("ttl", allowsZero: false),
            embargo: fields.span("embargo") ?? .seconds(0), features: features,
            embedding: embedding, description: fields.text("description"), owner: fields.text("owner"), place: place,
            texts: fields.texts)
    }

    /// The feature that is a column of its name.
    private func plain(_ name: String, _ place: DefinitionPlace) -> Feature {
        var texts = DefinitionTexts(place)
        texts.set("value", place)
        return Feature(
            name: name, value: .latest(Expression(column: name)), windows: [], filter: nil, groupKeys: [],
            description: nil, place: place, texts: texts)
    }

    private func feature(
        _ name: String, _ node: Node, _ place: DefinitionPlace, of view: String, _ viewWindows: [Window]
    ) -> Feature? {
        let keys = ["value", "windows", "where", "group_by", "description"]
        let whole = node.mapping == nil ? Node([(Node("value"), node)]) : node
        guard
            let fields = mapping(
                whole, what: "the feature '\(view).\(name)'", place: place, keys: keys, required: ["value"])
        else { return nil }
        let windows = fields.windows("windows")
        let filter = fields.expression("where")
        let groupKeys = fields.list("group_by") ?? []
        guard let value = fields.featureValue("value") else { return nil }
        var used: [Window] = []
        switch value {
        case .latest:
            for key in ["windows", "where", "group_by"] where fields.has(key) {
                problems.add(.notAnAggregation(key: key), at: fields.texts.place(key))
            }
        case .aggregation:
            used = windows ?? viewWindows
            if used.isEmpty, windows == nil || !fields.has("windows") {
                problems.add(.noWindow("\(view).\(name)"), at: fields.texts.place("value"))
            }
        }
        return Feature(
            name: name, value: value, windows: used, filter: filter, groupKeys: groupKeys,
            description: fields.text("description"), place: place, texts: fields.texts)
    }
}
